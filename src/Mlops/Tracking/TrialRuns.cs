using System.Globalization;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops;

/// <summary>Makes a tracked run of every finished trial, in the experiment of the study's name. A trial that is delivered twice makes one run.</summary>
public sealed class TrialRuns(Tracker tracker) : ITrialObserver
{
    /// <summary>The tag that carries the trial's number.</summary>
    public const string TrialTag = "mlops.trial";

    /// <summary>The tag that carries the trial's state.</summary>
    public const string StateTag = "mlops.trial.state";

    /// <inheritdoc/>
    public async ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trial);
        string number = trial.Number.ToString(CultureInfo.InvariantCulture);
        var options = new StartRunOptions
        {
            Name = $"trial {number}",
            IdempotencyKey = trial.Key,
            Tags = new Dictionary<string, string> { [TrialTag] = number, [StateTag] = trial.State.ToString() },
        };

        Run run = await tracker.StartRunAsync(trial.Study, options, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            if (run.Status != RunStatus.Running)
            {
                return; // Delivered before.
            }

            foreach ((string name, ParameterValue value) in trial.Parameters)
            {
                run.LogParameter(name, value.ToString() ?? "");
            }

            for (int i = 0; i < trial.Values.Count; i++)
            {
                run.LogMetric(i == 0 ? "value" : $"value.{i.ToString(CultureInfo.InvariantCulture)}", trial.Values[i]);
            }

            if (trial.State == TrialState.Completed)
            {
                run.Complete();
            }
        }
    }
}

using System.Globalization;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops;

/// <summary>
/// Makes a tracked run of every finished trial, in the experiment of the study's name and with the trial's times. A trial that is
/// delivered twice makes one run. Values are the metrics <c>value</c>, <c>value.1</c> and so on, constraints <c>constraint.</c> and their name. A pruned trial did what it should: its run has finished, and <see cref="StateTag"/> tells it apart.
/// </summary>
/// <remarks>
/// Studies may use names that tracking refuses. Their characters that tracking does not take are written as <c>_xHHHH_</c>, by their
/// UTF-16 code: parameter <c>lr[0]</c> is logged as <c>lr_x005B_0_x005D_</c>. Labels beyond 6 000 characters are cut.
/// </remarks>
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
            StartTime = trial.Started,
            Tags = new Dictionary<string, string> { [TrialTag] = number, [StateTag] = trial.State.ToString() },
        };

        Run run = await tracker.StartRunAsync(TrialNames.ToExperiment(trial.Study), options, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            if (run.Status != RunStatus.Running)
            {
                return; // Delivered before.
            }

            foreach ((string name, ParameterValue value) in trial.Parameters)
            {
                run.LogParameter(TrialNames.ToKey(name), TrialNames.ToValue(value.ToString()));
            }

            for (int i = 0; i < trial.Values.Count; i++)
            {
                run.LogMetric(i == 0 ? "value" : $"value.{i.ToString(CultureInfo.InvariantCulture)}", trial.Values[i], time: trial.Finished);
            }

            foreach ((string name, double missedBy) in trial.Constraints)
            {
                run.LogMetric(TrialNames.ToKey($"constraint.{name}"), missedBy, time: trial.Finished);
            }

            if (trial.State == TrialState.Failed)
            {
                run.Fail(trial.Finished);
            }
            else
            {
                run.Complete(trial.Finished);
            }
        }
    }
}

using System.Globalization;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Experiments by the ids that clients know them by: their numbers, and 0 for the one called Default, which always exists.</summary>
internal sealed class ExperimentIds(Tracker tracker)
{
    public const string DefaultId = "0";
    public const string DefaultName = "Default";
    private const int MaximumLength = 64;
    private const int MaximumListed = 1_000;

    // Filters have no larger numbers, databases no such experiments.
    private const long Unlikely = 1_000_000_000_000;

    public static string IdOf(Experiment experiment) => IdOf(experiment.Id, experiment.Name);

    public static string IdOf(RunRecord run) => IdOf(run.ExperimentId, run.Experiment);

    /// <summary>Where clients are told that an experiment's artifacts are.</summary>
    public static string LocationOf(Experiment experiment) => $"mlflow-artifacts:/{IdOf(experiment)}";

    /// <summary>Finds an experiment, deleted or not; null when there is none.</summary>
    /// <exception cref="ProtocolException">The text can be no id.</exception>
    public async Task<Experiment?> FindAsync(string id, CancellationToken cancellationToken)
    {
        RequireId(id);
        if (id == DefaultId)
        {
            return await GetDefaultAsync(cancellationToken).ConfigureAwait(false);
        }

        return long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? await tracker.FindExperimentAsync(number, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <inheritdoc cref="FindAsync"/>
    /// <exception cref="ProtocolException">There is none.</exception>
    public async Task<Experiment> GetAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw ProtocolException.NotFound($"No Experiment with id={id} exists");

    /// <summary>As <see cref="GetAsync"/>, for what deleted experiments do not allow.</summary>
    /// <exception cref="ProtocolException">It is deleted.</exception>
    public async Task<Experiment> GetActiveAsync(string id, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetAsync(id, cancellationToken).ConfigureAwait(false);
        return experiment.IsDeleted ? throw NotActive(id) : experiment;
    }

    /// <summary>
    /// The name for a run to start under. Of the default experiment it is known: whether that exists and is active is for the start to find out,
    /// which makes it where it does not.
    /// </summary>
    /// <exception cref="ProtocolException">There is none, or it is deleted.</exception>
    public async Task<string> GetActiveNameAsync(string id, CancellationToken cancellationToken) =>
        id == DefaultId ? DefaultName : (await GetActiveAsync(id, cancellationToken).ConfigureAwait(false)).Name;

    public static ProtocolException NotActive(string id) => ProtocolException.Invalid($"The experiment {id} must be in the 'active' state. Current state is deleted.");

    /// <summary>The names of the experiments that there are of these ids.</summary>
    /// <exception cref="ProtocolException">A text can be no id.</exception>
    public async Task<List<string>> FindNamesAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        List<string> names = [];
        HashSet<long> numbers = [];
        foreach (string id in ids)
        {
            RequireId(id);
            if (id == DefaultId)
            {
                names.Add(DefaultName);
            }
            else if (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number is > 0 and < Unlikely)
            {
                numbers.Add(number);
            }
        }

        foreach (long[] some in numbers.Chunk(MaximumListed))
        {
            var query = new ExperimentQuery { Filter = $"experiment_id IN ({string.Join(',', some)})", Lifecycle = Lifecycle.Any, Take = MaximumListed };
            ExperimentPage page = await tracker.ListExperimentsAsync(query, cancellationToken).ConfigureAwait(false);
            names.AddRange(page.Experiments.Select(static experiment => experiment.Name));
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The default experiment, which is created when there is none.</summary>
    public async Task<Experiment> GetDefaultAsync(CancellationToken cancellationToken)
    {
        Experiment? found = await tracker.FindExperimentAsync(DefaultName, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            try
            {
                found = await tracker.CreateExperimentAsync(DefaultName, cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (ExperimentExistsException)
            {
                found = await tracker.GetExperimentAsync(DefaultName, cancellationToken).ConfigureAwait(false);
            }
        }

        return found;
    }

    private static string IdOf(long id, string name) => name == DefaultName ? DefaultId : id.ToString(CultureInfo.InvariantCulture);

    private static void RequireId(string id)
    {
        if (!IsId(id))
        {
            throw ProtocolException.Invalid($"Invalid experiment ID: '{ProtocolException.Shorten(id)}'");
        }
    }

    private static bool IsId(string id) =>
        id.Length is > 0 and <= MaximumLength && char.IsAsciiLetterOrDigit(id[0]) && id.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-');
}

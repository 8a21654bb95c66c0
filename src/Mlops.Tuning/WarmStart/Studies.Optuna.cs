using System.Data.Common;
using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning;

public sealed partial class Studies
{
    /// <summary>
    /// Opens a study here with the finished trials of one in Optuna's relational storage (<c>optuna.storages.RDBStorage</c>): parameters with their
    /// distributions, values, intermediate values, constraints and times, which Optuna keeps without a zone and which count as UTC. Choices become their text,
    /// <c>None</c>, <c>True</c> and <c>False</c> included. Trials are numbered anew in their order; those that have not finished are left out. Repeating the
    /// call adds what has finished since. The study is read into memory as a whole.
    /// </summary>
    /// <param name="connection">An open connection to Optuna's database; it is only read. The caller closes it.</param>
    /// <param name="study">The study's name there.</param>
    /// <param name="options">How the study is opened here; null for the defaults.</param>
    /// <param name="name">Its name here; null for the same.</param>
    /// <param name="cancellationToken">Cancels the import; what was added stays.</param>
    /// <exception cref="OptunaImportException">The database is not Optuna's, its schema is another, there is no such study, or it holds what cannot be kept here.</exception>
    /// <exception cref="StudyConflictException">A study of the name exists here with other directions.</exception>
    public async Task<OptunaImport> ImportOptunaAsync(
        DbConnection connection, string study, StudyOptions? options = null, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrEmpty(study);
        List<Direction> directions;
        List<OptunaTrial> trials;
        int unfinished;
        try
        {
            var source = new OptunaDatabase(connection);
            long id = await source.FindStudyAsync(study, cancellationToken).ConfigureAwait(false);
            directions = await source.ReadDirectionsAsync(id, cancellationToken).ConfigureAwait(false);
            (trials, unfinished) = await source.ReadTrialsAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DbException or InvalidCastException or FormatException or JsonException)
        {
            throw new OptunaImportException($"Importing study '{study}' from Optuna: its tables could not be read. {exception.Message}", exception);
        }

        var domains = new Dictionary<string, ParameterDomain>(StringComparer.Ordinal);
        List<StoredTrial> converted = trials.ConvertAll(trial => Convert(study, directions.Count, trial, domains));
        Study opened = await OpenAsync(name ?? study, directions, options, cancellationToken).ConfigureAwait(false);
        int added = await opened.ImportAsync([.. domains], converted, cancellationToken).ConfigureAwait(false);
        return new OptunaImport(opened, added, converted.Count - added, unfinished);
    }

    private static StoredTrial Convert(string study, int objectives, OptunaTrial trial, Dictionary<string, ParameterDomain> domains)
    {
        List<KeyValuePair<string, ParameterValue>> parameters = [];
        foreach ((string parameter, double value, string distribution) in trial.Parameters)
        {
            parameters.Add(new(parameter, Convert(study, trial.Number, parameter, value, distribution, domains)));
        }

        bool isUsable = trial.Values.Count == objectives && trial.Values.TrueForAll(double.IsFinite) && trial.Constraints.Values.All(double.IsFinite);
        TrialState state = trial.State == TrialState.Completed && !isUsable ? TrialState.Failed : trial.State!.Value;
        string? reason = state != TrialState.Failed ? null
            : trial.State == TrialState.Failed ? "Failed in Optuna."
            : $"Completed in Optuna with the values {string.Join(", ", trial.Values.Select(static value => value.ToString(CultureInfo.InvariantCulture)))}; finite numbers are needed.";
        long finished = trial.Finished ?? trial.Started ?? 0;
        return new StoredTrial(
            string.Create(CultureInfo.InvariantCulture, $"optuna/{RandomStream.Hash(study):x16}/{trial.Number}"), state, state == TrialState.Completed ? trial.Values : [], parameters,
            isUsable || state == TrialState.Pruned ? trial.Constraints : new Dictionary<string, double>(StringComparer.Ordinal), reason, trial.Reports, trial.Started ?? finished, finished);
    }

    private static ParameterValue Convert(string study, int number, string parameter, double value, string distribution, Dictionary<string, ParameterDomain> domains)
    {
        try
        {
            Trial.RequireName(parameter);
            ParameterDomain domain = OptunaDistribution.Read(distribution);
            if (domains.TryGetValue(parameter, out ParameterDomain? known))
            {
                StudySpace.RequireCompatible(study, parameter, known, domain);
                domains[parameter] = known.Hull(domain);
            }
            else
            {
                domains.Add(parameter, domain);
            }

            return domain.ToValue(domain.Nearest(value));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or FormatException or JsonException or KeyNotFoundException or InvalidOperationException or DomainConflictException)
        {
            throw new OptunaImportException($"Importing study '{study}' from Optuna: parameter '{parameter}' of trial {number}, {distribution}, cannot be kept here. {exception.Message}", exception);
        }
    }
}

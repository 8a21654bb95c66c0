using System.Data.Common;
using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning;

public sealed partial class Studies
{
    /// <summary>
    /// Opens a study here with the finished trials of one in Optuna's relational storage (<c>optuna.storages.RDBStorage</c>): parameters with their
    /// distributions, values, intermediate values, constraints and times, which Optuna keeps without a zone and which count as UTC. Choices become their text,
    /// <c>None</c>, <c>True</c> and <c>False</c> included. Trials that cannot be kept, such as completed ones with infinite values, become failed ones with the
    /// reason. Trials are numbered anew in their order; those that have not finished are left out. Repeating the call adds what has finished since. Trials are
    /// read and stored in pages, so a study may be of any size.
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
        long id;
        var distributions = new Dictionary<(string Parameter, string Distribution), ParameterDomain>();
        var domains = new Dictionary<string, ParameterDomain>(StringComparer.Ordinal);
        var source = new OptunaDatabase(connection);
        try
        {
            id = await source.FindStudyAsync(study, cancellationToken).ConfigureAwait(false);
            directions = await source.ReadDirectionsAsync(id, cancellationToken).ConfigureAwait(false);
            foreach ((string parameter, string distribution, long number) in await source.ReadDistributionsAsync(id, cancellationToken).ConfigureAwait(false))
            {
                _ = Convert(study, number, parameter, distribution, distributions, domains);
            }
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw Unreadable(study, exception);
        }

        if (directions.Count == 0)
        {
            throw new OptunaImportException($"Importing study '{study}' from Optuna: its direction is not set.");
        }

        Study opened = await OpenAsync(name ?? study, directions, options, cancellationToken).ConfigureAwait(false);
        int added = 0;
        int known = 0;
        int unfinished = 0;
        try
        {
            await foreach (List<OptunaTrial> page in source.ReadTrialsAsync(id, cancellationToken).ConfigureAwait(false))
            {
                List<StoredTrial> finished = [.. page.Where(static trial => trial.State is not null).Select(trial => Convert(study, directions.Count, trial, distributions, domains))];
                int stored = await opened.ImportAsync([.. domains], finished, cancellationToken).ConfigureAwait(false);
                added += stored;
                known += finished.Count - stored;
                unfinished += page.Count - finished.Count;
            }
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw Unreadable(study, exception);
        }

        return new OptunaImport(opened, added, known, unfinished);
    }

    private static bool IsUnreadable(Exception exception) => exception is DbException or InvalidCastException or FormatException or OverflowException or JsonException;

    private static OptunaImportException Unreadable(string study, Exception exception) =>
        new($"Importing study '{study}' from Optuna: its tables could not be read; run 'optuna storage upgrade' there if a version before 3.0 has written them. {exception.Message}", exception);

    private static StoredTrial Convert(
        string study, int objectives, OptunaTrial trial, Dictionary<(string Parameter, string Distribution), ParameterDomain> distributions, Dictionary<string, ParameterDomain> domains)
    {
        List<KeyValuePair<string, ParameterValue>> parameters = [];
        string? fault = trial.Fault;
        foreach ((string parameter, double value, string distribution) in trial.Parameters)
        {
            if (ValueOf(Convert(study, trial.Number, parameter, distribution, distributions, domains), value) is { } kept)
            {
                parameters.Add(new(parameter, kept));
            }
            else
            {
                fault ??= string.Create(CultureInfo.InvariantCulture, $"'{parameter}' is {value}");
            }
        }

        bool isUsable = fault is null && (trial.State != TrialState.Completed || (trial.Values.Count == objectives && trial.Values.TrueForAll(double.IsFinite)));
        TrialState state = isUsable ? trial.State!.Value : TrialState.Failed;
        string? reason = fault is not null ? $"What Optuna has stored of it cannot be: {fault}."
            : !isUsable ? $"Completed in Optuna with the values {string.Join(", ", trial.Values.Select(static value => value.ToString(CultureInfo.InvariantCulture)))}; finite numbers are needed."
            : state == TrialState.Failed ? "Failed in Optuna."
            : null;
        long finished = trial.Finished ?? trial.Started ?? 0;
        return new StoredTrial(
            string.Create(CultureInfo.InvariantCulture, $"optuna/{RandomStream.Hash(study):x16}/{trial.Number}"), state, state == TrialState.Completed ? trial.Values : [], parameters,
            trial.Constraints, reason, trial.Reports, trial.Started ?? finished, finished);
    }

    /// <summary>Null where there is no such choice. A number beyond its bounds is kept: Optuna evaluates what is enqueued, whatever the bounds.</summary>
    private static ParameterValue? ValueOf(ParameterDomain domain, double value) => domain switch
    {
        _ when domain.Contains(value) => domain.ToValue(domain.Nearest(value)),
        { IsChoice: false } when double.IsFinite(value) => new ParameterValue(value),
        _ => null,
    };

    /// <summary>A distribution as a domain. One that the first look has not found is of a trial that has finished since.</summary>
    private static ParameterDomain Convert(
        string study,
        long number,
        string parameter,
        string distribution,
        Dictionary<(string Parameter, string Distribution), ParameterDomain> distributions,
        Dictionary<string, ParameterDomain> domains)
    {
        if (distributions.TryGetValue((parameter, distribution), out ParameterDomain? converted))
        {
            return converted;
        }

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

            distributions.Add((parameter, distribution), domain);
            return domain;
        }
        catch (Exception exception) when (exception is NotSupportedException or DomainConflictException || StoredRow.IsDamage(exception))
        {
            throw new OptunaImportException($"Importing study '{study}' from Optuna: parameter '{parameter}' of trial {number}, {distribution}, cannot be kept here. {exception.Message}", exception);
        }
    }
}

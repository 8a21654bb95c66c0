using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration.Testing;

/// <summary>
/// Kills a pipeline's worker at every point around what is stored, one run per point, lets another worker go on, and compares the outcome with
/// that of a run that nobody disturbed. Finds steps that do not bear to be run again, and results that depend on it.
/// </summary>
public static class PipelineCrashTest
{
    private const int ShownFindings = 10;

    /// <summary>Crashes a pipeline. Approval steps are approved.</summary>
    /// <param name="definition">The pipeline; its steps really run, several times.</param>
    /// <param name="parameters">What every run is started with.</param>
    /// <param name="open">
    /// Opens the database of the run with this number, counted from 0: empty for a number that is new, and the same storage each time for one
    /// number. For example <c>n => new SqliteDatabase($"Data Source={folder}/{n}.db")</c>. What it returns is disposed by the test.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    /// <exception cref="PipelineCrashException">
    /// A run came to another end than the undisturbed one, a step to another result, an artifact was lost, or the log broke a rule: every step
    /// committed once, entries without gaps, growing tokens, inputs before successors, limits and attempts kept, nothing open after the end.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static async Task<CrashReport> RunAsync<TDefinition, TParameters>(
        TDefinition definition, TParameters parameters, Func<int, Database> open, CrashTestOptions? options = null, CancellationToken cancellationToken = default)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(open);
        options ??= new CrashTestOptions();
        options.RequireValid(nameof(options));
        var random = new Random(options.Seed);
        Dictionary<string, int> kills = new(StringComparer.Ordinal);
        int lost = 0;

        (CrashEnd undisturbed, KillPlan[] points) = await RunUndisturbedAsync(definition, parameters, open, options, cancellationToken).ConfigureAwait(false);
        KillPlan[] plans = [.. Enumerable.Range(0, Math.Min(points.Length, options.MaximumKills)).Select(i => points[(int)((long)i * points.Length / Math.Min(points.Length, options.MaximumKills))])];
        for (int trial = 1; trial <= plans.Length; trial++)
        {
            List<KillPlan> done = [];
            CrashEnd end = await RunKilledAsync(definition, parameters, () => open(trial), options, plans[trial - 1], points, random, done, cancellationToken).ConfigureAwait(false);
            Require(end.CompareWith(undisturbed, options.VaryingSteps), trial, done);
            lost += end.LostAttempts;
            foreach (KillPlan plan in done)
            {
                string point = plan.Point.ToString();
                kills[point] = kills.GetValueOrDefault(point) + 1;
            }
        }

        return new CrashReport(plans.Length + 1, kills.Values.Sum(), lost, kills);
    }

    private static async Task<(CrashEnd End, KillPlan[] Points)> RunUndisturbedAsync<TDefinition, TParameters>(
        TDefinition definition, TParameters parameters, Func<int, Database> open, CrashTestOptions options, CancellationToken cancellationToken)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        using CancellationTokenSource limit = Limit(options, cancellationToken);
        var life = new CrashLife<TDefinition, TParameters>(open(0), definition, options, TimeSpan.Zero, plan: null);
        await using (life.ConfigureAwait(false))
        {
            CrashEnd end = await life.RunAsync(parameters, limit.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The undisturbed run was killed.");
            Require([.. end.Findings], 0, []);

            // How often an idle worker looks for work depends on chance; before each claim that finds some, it is certain.
            int claims = life.Reached.GetValueOrDefault(ExecutionPoint.AfterClaim);
            KillPlan[] points =
            [
                .. life.Reached.OrderBy(static pair => pair.Key)
                    .SelectMany(pair => Enumerable.Range(1, pair.Key == ExecutionPoint.BeforeClaim ? Math.Min(claims, pair.Value) : pair.Value)
                        .Select(number => new KillPlan(pair.Key, number))),
            ];
            return (end, points);
        }
    }

    private static async Task<CrashEnd> RunKilledAsync<TDefinition, TParameters>(
        TDefinition definition,
        TParameters parameters,
        Func<Database> open,
        CrashTestOptions options,
        KillPlan first,
        KillPlan[] points,
        Random random,
        List<KillPlan> done,
        CancellationToken cancellationToken)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        using CancellationTokenSource limit = Limit(options, cancellationToken);
        KillPlan? plan = first;
        for (int number = 0; ; number++)
        {
            // Each life's clock is so far ahead that the lease of the one before has run out.
            var life = new CrashLife<TDefinition, TParameters>(open(), definition, options, number * 2 * CrashLife<TDefinition, TParameters>.Lease, plan);
            await using (life.ConfigureAwait(false))
            {
                try
                {
                    if (await life.RunAsync(parameters, limit.Token).ConfigureAwait(false) is { } end)
                    {
                        return end;
                    }
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    Require([$"progress: the run was not over after {options.RunTimeout}"], trial: -1, done);
                }
            }

            done.Add(plan!);
            plan = done.Count < options.KillsPerRun ? points[random.Next(points.Length)] : null;
        }
    }

    private static CancellationTokenSource Limit(CrashTestOptions options, CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.RunTimeout);
        return limit;
    }

    private static void Require(List<string> findings, int trial, List<KillPlan> kills)
    {
        if (findings.Count > 0)
        {
            string where = kills.Count == 0 ? "undisturbed" : string.Join(", then ", kills);
            string run = trial < 0 ? "A run" : string.Create(CultureInfo.InvariantCulture, $"Run {trial}");
            throw new PipelineCrashException(
                $"{run} ({where}): {string.Join("; ", findings.Take(ShownFindings))}{(findings.Count > ShownFindings ? $"; and {findings.Count - ShownFindings} more" : "")}.");
        }
    }
}

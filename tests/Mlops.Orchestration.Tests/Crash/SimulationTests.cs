using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>Runs under drawn misfortune; a seed that fails prints what happened.</summary>
public abstract class SimulationTests : StoreTests
{
    private const int Seeds = 12;
    private const int ManySeeds = 500;

    [Test]
    public async Task Whatever_happens_to_workers_and_clocks_every_step_commits_once_and_right() => await CheckAsync(1, Seeds);

    [Test]
    [Explicit("Minutes of runs.")]
    [Category("Long")]
    public async Task Under_many_seeds_every_step_commits_once_and_right()
    {
        int first = KillCount.DrawSeed() / 2;
        TestContext.Out.WriteLine($"seeds {first} to {first + ManySeeds - 1}");
        await CheckAsync(first, ManySeeds);
    }

    /// <summary>Throws at the first seed that fails, after its trace was written.</summary>
    internal static async Task<(int Fenced, int Lost, int Mixed)> CheckAsync(Database database, int first, int seeds, TextWriter output)
    {
        int fenced = 0;
        int lost = 0;
        int mixed = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            var simulation = new Simulation(database, seed);
            try
            {
                (PipelineRun run, List<RunEvent> log) = await simulation.RunAsync();
                Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded), run.Error);
                Assert.That(await run.GetResultAsync<long>(Simulation.LastStep(seed)), Is.EqualTo(Simulation.Oracle(seed)));
                string[] kept = [.. log.OfType<StepMemoized>().Select(static e => e.Step)];
                Assert.That(kept, Is.Unique.And.Length.EqualTo(Simulation.Items), "each item keeps its value once");
                fenced += log.Count(static e => e is StepFenced);
                lost += log.Count(static e => e is StepReclaimed);
                mixed += simulation.MixedBatches;
            }
            catch (Exception)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {seed}:\n{simulation.Trace}"));
                throw;
            }
        }

        return (fenced, lost, mixed);
    }

    private async Task CheckAsync(int first, int seeds)
    {
        (int fenced, int lost, int mixed) = await CheckAsync(Database, first, seeds, TestContext.Out);
        TestContext.Out.WriteLine($"{seeds} seeds, {lost} attempts lost, {fenced} late writes turned away, {mixed} transactions with results that counted and others");
        Assert.That(fenced, Is.GreaterThan(0), "nobody came late");
        Assert.That(lost, Is.GreaterThan(0), "nobody was lost");
        Assert.That(mixed, Is.GreaterThan(0), "no result that counted was written together with one that did not");
    }
}

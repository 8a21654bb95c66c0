namespace Mlops.Orchestration.Tests;

/// <summary>Runs under drawn misfortune; a seed that fails prints what happened.</summary>
public abstract class SimulationTests : StoreTests
{
    private const int Seeds = 12;

    [Test]
    public async Task Whatever_happens_to_workers_and_clocks_every_step_commits_once_and_right()
    {
        int fenced = 0;
        int lost = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            var simulation = new Simulation(Database, seed);
            try
            {
                (PipelineRun run, List<RunEvent> log) = await simulation.RunAsync();
                Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded), run.Error);
                Assert.That(await run.GetResultAsync<long>(Simulation.LastStep(seed)), Is.EqualTo(Simulation.Oracle(seed)));
                Assert.That(LogInvariants.MostAtOnce(log, "item["), Is.LessThanOrEqualTo(Simulation.MaximumParallel));
                string[] kept = [.. log.OfType<StepMemoized>().Select(static e => e.Step)];
                Assert.That(kept, Is.Unique.And.Length.EqualTo(Simulation.Items), "each item keeps its value once");
                fenced += log.Count(static e => e is StepFenced);
                lost += log.Count(static e => e is StepReclaimed);
            }
            catch (Exception)
            {
                TestContext.Out.WriteLine($"seed {seed}:\n{simulation.Trace}");
                throw;
            }
        }

        TestContext.Out.WriteLine($"{Seeds} seeds, {lost} attempts lost, {fenced} late writes turned away");
        Assert.That(fenced, Is.GreaterThan(0), "nobody came late");
        Assert.That(lost, Is.GreaterThan(0), "nobody was lost");
    }
}

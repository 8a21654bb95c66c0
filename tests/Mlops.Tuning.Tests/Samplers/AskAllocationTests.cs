namespace Mlops.Tuning.Tests;

/// <summary>
/// What an ask allocates with ten parameters, the proposal and the ten values, on average over a stretch of trials; what grows with the trials is part of it.
/// </summary>
#if DEBUG
[Ignore("A debug build keeps on the heap what an optimised one does not. A step of .ci/run runs these in Release.")]
#endif
[NonParallelizable]
public sealed class AskAllocationTests
{
    private const int Parameters = 10;

    private static readonly string[] Names = [.. Enumerable.Range(0, Parameters).Select(static i => $"x{i}")];
    private static readonly ParameterDomain Domain = ParameterDomain.Real(-5, 5);

    /// <summary>At most 10 KB; where nothing grows with the trials, about a quarter more than was measured.</summary>
    [TestCase("random", 100, 1_200)]
    [TestCase("sobol", 100, 1_500)]
    [TestCase("halton", 100, 1_500)]
    [TestCase("grid", 100, 1_500)]
    [TestCase("tpe", 100, 10_000)]
    [TestCase("tpe", 1_000, 10_000)]
    [TestCase("tpe-univariate", 100, 10_000)]
    [TestCase("tpe-univariate", 1_000, 10_000)]
    [TestCase("tpe-grouped", 300, 10_000)]
    [TestCase("cma-es", 300, 3_500)]
    [TestCase("nsga-ii", 300, 9_000)]
    [TestCase("regularized-evolution", 300, 4_000)]
    [TestCase("cfo", 300, 3_000)]
    [TestCase("auto", 600, 10_000)]
    [TestCase("gp", 50, 10_000)]
    [TestCase("gp", 150, 10_000)]
    public void An_ask_allocates_little(string name, int trials, long most) => Assert.That(Allocated(Sampler(name), trials, 1), Is.LessThan(most));

    /// <summary>Over stretches in which no memory doubles that grows with the trials.</summary>
    [TestCase("nsga-ii", 200)]
    [TestCase("gp", 60)]
    [TestCase("tpe", 100)]
    [TestCase("tpe", 700)]
    public void With_two_objectives_as_well(string name, int trials) => Assert.That(Allocated(Sampler(name), trials, 2), Is.LessThan(10_000));

    /// <summary>Where the model holds no more trials than before, an ask allocates no more than its values, whatever their number.</summary>
    [Test]
    public void A_model_that_is_full_allocates_the_same_however_many_trials_it_holds()
    {
        long small = Allocated(new GaussianProcessSampler { MaximumTrials = 20 }, 60, 1);
        long large = Allocated(new GaussianProcessSampler { MaximumTrials = 80 }, 120, 1);

        Assert.That(large, Is.LessThan((small * 1.1) + 100));
    }

    private static ISampler Sampler(string name) => name == "grid"
        ? new GridSampler(Names.Aggregate(SearchSpace.Empty, static (space, parameter) => space.With(parameter, Domain)), points: 2)
        : QualityRun.Samplers[name];

    private static long Allocated(ISampler sampler, int trials, int objectives)
    {
        const int Asks = 40;
        var harness = new SamplerHarness(sampler, 3, objectives);
        long allocated = 0;
        for (int trial = 0; trial < trials + Asks; trial++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            harness.Begin();
            double sum = 0;
            double first = 0;
            foreach (string name in Names)
            {
                double x = harness.Suggest(name, Domain);
                first += x;
                sum += (x - 1) * (x - 1);
            }

            allocated += trial >= trials ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
            harness.End(objectives == 1 ? [sum] : [sum, (first - 3) * (first - 3)]);
        }

        return allocated / Asks;
    }
}

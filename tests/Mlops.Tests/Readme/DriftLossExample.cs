// given: begin
using Mlops.Drift;
// given: end

namespace Mlops.Tests.Readme.DriftLoss;

/// <summary>A monitor that knows what its predictions lose before labels come.</summary>
[TestFixture]
public sealed class DriftLossExample : ReadmeExample
{
    [Test]
    public async Task A_monitor_estimates_its_error_without_labels()
    {
        // given: begin
        var random = new Random(7);
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("distance").Prediction("minutes"));
        double[] distances = [.. Enumerable.Range(0, 2_000).Select(_ => 10 * random.NextDouble())];
        double[] actuals = [.. distances.Select(d => (3 * d) + (d * (random.NextDouble() - 0.5)))];
        DriftBatch heldOut = new DriftBatch(schema).Numeric("distance", distances).Numeric("minutes", distances.Select(d => 3 * d).ToArray());
        ReferenceProfile profile = ReferenceProfile.Build(heldOut);
        using var monitor = new DriftMonitor("rides", schema);
        // given: end

        // readme: begin
        var losses = LossEstimator.Fit(heldOut, actuals, new LossEstimatorOptions { Measure = ErrorMeasure.Absolute });
        monitor.Activate("v2", new ServedReference(profile) { LossEstimator = losses });
        // readme: end

        for (int i = 0; i < 500; i++)
        {
            double distance = 5 + (5 * random.NextDouble());
            monitor.Observe([distance, 3 * distance]);
        }

        // readme: begin
        EstimatedError error = (await monitor.EvaluateAsync()).EstimatedError!;
        Console.WriteLine($"{error.Verdict}: {error.Mean!.Value.Value:F2} instead of {error.ReferenceMean:F2}; {error.Reason}");
        // readme: end

        Assert.That(error.Verdict, Is.EqualTo(DriftVerdict.Drift));
    }
}

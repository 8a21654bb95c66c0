// given: begin
using Mlops.Drift;
// given: end

namespace Mlops.Tests.Readme.DriftEstimate;

/// <summary>Performance before labels arrive.</summary>
[TestFixture]
public sealed class DriftEstimateExample : ReadmeExample
{
    [Test]
    public void Accuracy_is_estimated_without_labels()
    {
        // given: begin
        var random = new Random(7);
        double[] heldOutScores = [.. Enumerable.Range(0, 2_000).Select(_ => random.NextDouble())];
        double[] heldOutOutcomes = [.. heldOutScores.Select(score => random.NextDouble() < score ? 1.0 : 0.0)];
        double[] todaysScores = [.. Enumerable.Range(0, 400).Select(_ => Math.Sqrt(random.NextDouble()))];
        // given: end

        // readme: begin
        PerformanceEstimator estimator = PerformanceEstimator.Fit(heldOutScores, heldOutOutcomes);
        EstimatedPerformance estimate = estimator.Estimate(todaysScores);
        Console.WriteLine($"between {estimate.Accuracy!.Value.Lower:P0} and {estimate.Accuracy!.Value.Upper:P0} of today's announcements will be right");
        // readme: end

        Assert.That(estimate.Accuracy!.Value.Value, Is.InRange(0.7, 0.85));
    }
}

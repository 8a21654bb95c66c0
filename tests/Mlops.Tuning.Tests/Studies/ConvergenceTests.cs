namespace Mlops.Tuning.Tests;

public sealed class ConvergenceTests
{
    [Test]
    public void Small_gains_count_once_they_add_up_to_more_than_the_tolerance()
    {
        var convergence = new Convergence(Direction.Maximize, 3, tolerance: 1);

        bool[] converged = [.. new[] { 0, 0.6, 1.2, 1.3, 1.4, 2.1 }.Select((value, i) =>
        {
            convergence.Observe(TrialRecords.Completed(i, [value]));
            return convergence.HasConverged;
        })];

        // 1.2 is more than 1 above 0; 2.1 is not above 1.2 by more than 1.
        Assert.That(converged, Is.EqualTo(new[] { false, false, false, false, false, true }));
    }

    [Test]
    public void Nothing_has_converged_without_a_value_or_without_a_limit()
    {
        var convergence = new Convergence(Direction.Minimize, 1, tolerance: 0);
        var unlimited = new Convergence(Direction.Minimize, null, tolerance: 0);
        for (int i = 0; i < 3; i++)
        {
            convergence.Observe(new TrialRecord
            {
                Study = "s",
                Key = "k",
                Number = i,
                State = TrialState.Pruned,
                Attempt = 1,
                Values = [],
                Started = default,
                Parameters = new Dictionary<string, ParameterValue>(),
                Constraints = new Dictionary<string, double>(),
            });
            unlimited.Observe(TrialRecords.Completed(i, [1]));
        }

        Assert.That((convergence.HasConverged, unlimited.HasConverged), Is.EqualTo((false, false)));
    }
}

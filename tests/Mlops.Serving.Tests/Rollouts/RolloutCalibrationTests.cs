using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Serving.Tests;

/// <summary>How often the verdict is wrong where both versions are the same, or differ by exactly the margin; and how soon it is right.</summary>
public sealed class RolloutCalibrationTests
{
    private const double Alpha = 0.05;

    [TestCase(0.05)]
    [TestCase(0.5)]
    public void A_version_is_seldom_rolled_back_against_itself_though_every_call_is_looked_at(double share)
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261128, simulation => simulation.IsRolledBackAgainstItself(Alpha, share, calls: 3000));

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [Test]
    public void A_version_is_seldom_rolled_back_against_itself_while_its_share_grows_by_steps()
    {
        const int Runs = 2000;
        int grown = 0;

        int wrong = Count(Runs, seed: 20261202, simulation => simulation.IsRolledBackAgainstItself(Alpha, 0.05, calls: 3000, (options, share, evaluation) =>
        {
            // Of the rule only the order of magnitude of its demands is changed, so that most of the rollouts go up while they are watched.
            if (options.Steps.Count == 0)
            {
                (options.MinimumKeys, options.ErrorMargin) = (2, 0.5);
                foreach (double step in (double[])[0.05, 0.2, 0.5])
                    options.Steps.Add(step);
            }

            RolloutMetric[] errors = [evaluation.Metrics[0] with { LogWithinMargin = 100 * evaluation.Metrics[0].LogWithinMargin }];
            if (Ramp.Next(options, share, evaluation with { Metrics = errors }) is not { } next)
                return share;
            Interlocked.Increment(ref grown);
            return next;
        }));

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
        Assert.That(grown, Is.GreaterThan(Runs), "they did grow");
    }

    [TestCase(0.05)]
    [TestCase(0.5)]
    public void A_version_is_seldom_rolled_back_against_itself_however_often_the_process_restarts(double share)
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261207, simulation => simulation.IsRolledBackAgainstItself(Alpha, share, calls: 3000, restartEvery: 100));

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [Test]
    public void A_version_is_seldom_called_slower_than_itself_though_it_meets_smaller_batches()
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261203, simulation => simulation.CompareTimes(Alpha, margin: 0.01, slowness: 1, runs: 1500).IsWorse);

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [Test]
    public void A_version_that_is_slower_by_the_margin_is_seldom_called_within_it_though_it_meets_smaller_batches()
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261204, simulation => simulation.CompareTimes(Alpha, margin: 0.5, slowness: 1.5, runs: 1500).IsWithin);

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [Test]
    public void A_version_that_takes_twice_as_long_is_called_slower_though_it_meets_smaller_batches()
    {
        const int Runs = 50;

        int found = Count(Runs, seed: 20261205, simulation => simulation.CompareTimes(Alpha, margin: 0.5, slowness: 2, runs: 5000).IsWorse);

        Assert.That(found, Is.EqualTo(Runs));
    }

    [TestCase(0.05)]
    [TestCase(0.5)]
    public void A_version_is_seldom_rolled_back_because_its_runs_fail_as_a_whole_as_often_as_the_others(double share)
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261206, simulation => simulation.IsRolledBackByWholeRuns(Alpha, share, runs: 2000));

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [TestCase(0.05, 0.05)]
    [TestCase(0.5, 0.02)]
    public void A_version_that_is_worse_by_the_margin_is_seldom_promoted(double share, double margin)
    {
        const int Runs = 2000;

        int wrong = Count(Runs, seed: 20261129, simulation => simulation.IsPromotedAtTheMargin(Alpha, share, margin, keys: 5000));

        Assert.That(wrong, Is.LessThanOrEqualTo(Simulation.BinomialQuantile(Runs, Alpha)));
    }

    [Test]
    public void Three_per_cent_of_errors_instead_of_one_are_noticed_within_two_thousand_keys_of_the_candidate()
    {
        const int Runs = 201;
        var simulation = new Simulation(20261130);

        int[] keys = [.. Enumerable.Range(0, Runs).Select(_ => simulation.KeysUntilRollback(0.05, 0.01, 0.03, mostKeys: 6000) ?? 6000).Order()];

        Assert.That(keys[Runs / 2], Is.LessThanOrEqualTo(2000));
    }

    [Test]
    public void A_candidate_that_always_fails_is_noticed_within_ten_of_its_keys()
    {
        var simulation = new Simulation(20261201);

        int?[] keys = [.. Enumerable.Range(0, 100).Select(_ => simulation.KeysUntilRollback(0.05, 0.01, 1, mostKeys: 100))];

        Assert.That(keys, Is.All.LessThanOrEqualTo(10));
    }

    /// <summary>Ten thousand of each, from seeds drawn anew; what it showed is in docs/long-runs.md.</summary>
    [Test]
    [Explicit("Minutes long; run by .ci/long.")]
    [Category("Long")]
    public void Ten_thousand_rollouts_keep_their_alpha()
    {
        const int Runs = 10_000;
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        int limit = Simulation.BinomialQuantile(Runs, Alpha);
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, alpha {Alpha}, at most {limit} of {Runs}"));

        Assert.Multiple(() =>
        {
            foreach (double share in (double[])[0.01, 0.05, 0.2, 0.5])
            {
                int rolledBack = Count(Runs, seed++, simulation => simulation.IsRolledBackAgainstItself(Alpha, share, calls: 6000));
                TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"share {share}: rolled back against itself {rolledBack}"));
                Assert.That(rolledBack, Is.LessThanOrEqualTo(limit));

                int promoted = Count(Runs, seed++, simulation => simulation.IsPromotedAtTheMargin(Alpha, share, margin: 0.03, keys: 5000));
                TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"share {share}: promoted at the margin {promoted}"));
                Assert.That(promoted, Is.LessThanOrEqualTo(limit));
            }

            int restarted = Count(Runs, seed++, simulation => simulation.IsRolledBackAgainstItself(Alpha, 0.5, calls: 6000, restartEvery: 100));
            TestContext.Out.WriteLine($"a restart after every hundred calls, share 0.5: rolled back against itself {restarted}");
            Assert.That(restarted, Is.LessThanOrEqualTo(limit));

            int slower = Count(Runs, seed++, simulation => simulation.CompareTimes(Alpha, margin: 0.01, slowness: 1, runs: 1500).IsWorse);
            TestContext.Out.WriteLine($"smaller batches than the stable version's, the same time for as many rows: called slower {slower}");
            Assert.That(slower, Is.LessThanOrEqualTo(limit));

            int within = Count(Runs, seed++, simulation => simulation.CompareTimes(Alpha, margin: 0.5, slowness: 1.5, runs: 1500).IsWithin);
            TestContext.Out.WriteLine($"smaller batches, slower by the margin: called within it {within}");
            Assert.That(within, Is.LessThanOrEqualTo(limit));

            int whole = Count(Runs, seed++, simulation => simulation.IsRolledBackByWholeRuns(Alpha, 0.5, runs: 2000));
            TestContext.Out.WriteLine($"runs that fail as a whole, as often with either version: rolled back {whole}");
            Assert.That(whole, Is.LessThanOrEqualTo(limit));

            var single = new Simulation(seed);
            int[] keys = [.. Enumerable.Range(0, 1001).Select(_ => single.KeysUntilRollback(0.05, 0.01, 0.03, mostKeys: 6000) ?? 6000).Order()];
            TestContext.Out.WriteLine($"1 % to 3 %: keys of the candidate until rolled back: median {keys[500]}, nine tenths within {keys[900]}");
            Assert.That(keys[500], Is.LessThanOrEqualTo(2000));
        });
    }

    private static int Count(int runs, ulong seed, Func<Simulation, bool> isWrong)
    {
        int wrong = 0;
        Parallel.For(0, runs, new ParallelOptions { MaxDegreeOfParallelism = 2 }, run =>
        {
            if (isWrong(new Simulation(Split.Mix(seed) + (ulong)run * 0xD1B54A32D192ED03)))
                Interlocked.Increment(ref wrong);
        });
        return wrong;
    }
}

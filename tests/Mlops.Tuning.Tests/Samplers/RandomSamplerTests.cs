using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class RandomSamplerTests
{
    private const int Draws = 20_000;

    // Kolmogorov-Smirnov against the exact distribution: P(sqrt(n) D > 1.95) = 0.001.
    private static readonly double KolmogorovBound = 1.95 / Math.Sqrt(Draws);

    [Test]
    public void A_linear_scale_is_uniform() =>
        Assert.That(Distance(ParameterDomain.Real(-3, 5), static x => (x + 3) / 8), Is.LessThan(KolmogorovBound));

    [Test]
    public void A_logarithmic_scale_is_uniform_in_the_logarithm() =>
        Assert.That(Distance(ParameterDomain.Real(1e-6, 1e2, log: true), static x => Math.Log(x / 1e-6) / Math.Log(1e8)), Is.LessThan(KolmogorovBound));

    [Test]
    public void Whole_numbers_on_a_logarithmic_scale_take_the_share_of_half_a_step_around_them()
    {
        var domain = ParameterDomain.Whole(1, 6, log: true);
        double[] counts = new double[6];
        for (int trial = 0; trial < Draws; trial++)
        {
            counts[(int)RandomSampler.Draw(new RandomStream(7, trial, "n"), domain) - 1]++;
        }

        double width = Math.Log(6.5 / 0.5);
        double statistic = counts.Select((count, i) =>
        {
            double expected = Draws * Math.Log((i + 1.5) / (i + 0.5)) / width;
            return (count - expected) * (count - expected) / expected;
        }).Sum();

        // Chi-square with 5 degrees of freedom exceeds 20.52 once in a thousand.
        Assert.That(statistic, Is.LessThan(20.52));
    }

    [Test]
    public void Choices_are_equally_likely()
    {
        double[] counts = new double[4];
        for (int trial = 0; trial < Draws; trial++)
        {
            counts[(int)RandomSampler.Draw(new RandomStream(8, trial, "kind"), ParameterDomain.Categorical("a", "b", "c", "d"))]++;
        }

        // Chi-square with 3 degrees of freedom exceeds 16.27 once in a thousand.
        Assert.That(counts.Sum(count => (count - Draws / 4.0) * (count - Draws / 4.0) / (Draws / 4.0)), Is.LessThan(16.27));
    }

    [Test]
    public void Every_value_lies_in_its_domain() =>
        DomainGenerator.Any.Select(Gen.Long, Gen.Int[0, 1_000]).Sample((domain, seed, trial) =>
            domain.Contains(RandomSampler.Draw(new RandomStream(seed, trial, "p"), domain)));

    [Test]
    public void Parameters_of_one_trial_are_not_correlated()
    {
        double covariance = 0;
        for (int trial = 0; trial < Draws; trial++)
        {
            covariance += (new RandomStream(9, trial, "a").NextDouble() - 0.5) * (new RandomStream(9, trial, "b").NextDouble() - 0.5);
        }

        // The product of two centred uniforms has variance 1/144; 3.29 standard errors leave one in a thousand.
        Assert.That(Math.Abs(covariance / Draws), Is.LessThan(3.29 / 12 / Math.Sqrt(Draws)));
    }

    private static double Distance(ParameterDomain domain, Func<double, double> distribution)
    {
        double[] sample = [.. Enumerable.Range(0, Draws).Select(trial => RandomSampler.Draw(new RandomStream(11, trial, "x"), domain)).Order()];
        double distance = 0;
        for (int i = 0; i < Draws; i++)
        {
            double expected = distribution(sample[i]);
            distance = Math.Max(distance, Math.Max(expected - (i / (double)Draws), ((i + 1) / (double)Draws) - expected));
        }

        return distance;
    }
}

using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class ParzenMixtureTests
{
    private static readonly ParameterDomain[] Domains =
    [
        ParameterDomain.Real(-5, 10), ParameterDomain.Real(1e-5, 1, log: true), ParameterDomain.Real(0, 1, step: 0.25), ParameterDomain.Whole(1, 20),
        ParameterDomain.Whole(1, 100, log: true), ParameterDomain.Categorical("a", "b", "c"), ParameterDomain.Boolean,
        ParameterDomain.Ordinal("low", "middle", "high", "top"),
    ];

    private static readonly Gen<int[]> Changes = Gen.Int[0, 150].Array[0, 400];

    [Test]
    public void Densities_equal_the_definition_whatever_was_added_and_taken_out_before() =>
        Gen.Select(Changes, Gen.Long).Sample(
            (changes, seed) =>
            {
                ParzenMixture mixture = Build(changes, seed, out List<(int Number, double[] At)> observations);
                mixture.Prepare();
                double[][] candidates = Candidates(seed, 4);
                double[] densities = new double[4];
                mixture.LogDensity(candidates, densities);
                for (int c = 0; c < 4; c++)
                {
                    double expected = NaiveParzen.LogDensity(Domains, observations, [.. candidates.Select(row => row[c])]);
                    Assert.That(densities[c], Is.EqualTo(expected).Within(1e-9));
                }
            },
            iter: 60);

    [Test]
    public void Bits_depend_on_the_observations_alone_not_on_the_path_to_them() =>
        Gen.Select(Changes, Gen.Long).Sample(
            (changes, seed) =>
            {
                ParzenMixture changed = Build(changes, seed, out List<(int Number, double[] At)> observations);
                var direct = new ParzenMixture(Domains);
                foreach ((int number, double[] at) in observations.OrderBy(static o => o.Number))
                {
                    direct.Add(number, at);
                }

                changed.Prepare();
                direct.Prepare();
                Assert.That(Evaluate(changed, seed), Is.EqualTo(Evaluate(direct, seed)));
            },
            iter: 60);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(40)]
    public void A_density_integrates_to_one(int count)
    {
        foreach (ParameterDomain domain in Domains)
        {
            var mixture = new ParzenMixture([domain]);
            for (int number = 0; number < count; number++)
            {
                mixture.Add(number, [RandomSampler.Draw(new RandomStream(3, number, "x"), domain)]);
            }

            mixture.Prepare();
            double[] points = domain.Count is { } values
                ? [.. Enumerable.Range(0, (int)values).Select(i => domain.Point(i))]
                : [.. Enumerable.Range(0, 20_000).Select(i => FromShare(domain, (i + 0.5) / 20_000))];
            double[] densities = new double[points.Length];
            mixture.LogDensity([points], densities);
            double cell = domain.Count is not null ? 1 : (domain.Log ? Math.Log(domain.High / domain.Low) : domain.High - domain.Low) / points.Length;

            Assert.That(densities.Sum(Math.Exp) * cell, Is.EqualTo(1).Within(1e-6), domain.ToString());
        }
    }

    [Test]
    public void Samples_follow_the_density()
    {
        const int Draws = 20_000;
        ParameterDomain domain = ParameterDomain.Whole(1, 8, log: true);
        var mixture = new ParzenMixture([domain]);
        foreach ((int number, double at) in new[] { (0, 2.0), (1, 2.0), (2, 7.0) })
        {
            mixture.Add(number, [at]);
        }

        mixture.Prepare();
        double[] densities = new double[8];
        mixture.LogDensity([[1, 2, 3, 4, 5, 6, 7, 8]], densities);
        double[][] drawn = [new double[Draws]];
        mixture.Draw(new RandomStream(5, 0, ""), drawn);

        double statistic = Enumerable.Range(1, 8).Sum(value =>
        {
            double expected = Draws * Math.Exp(densities[value - 1]);
            double count = drawn[0].Count(x => x == value);
            return (count - expected) * (count - expected) / expected;
        });

        // Chi-square with 7 degrees of freedom exceeds 24.32 once in a thousand.
        Assert.That(statistic, Is.LessThan(24.32));
    }

    [Test]
    public void Every_candidate_lies_in_its_domain() =>
        Gen.Select(Changes, Gen.Long).Sample(
            (changes, seed) =>
            {
                ParzenMixture mixture = Build(changes, seed, out _);
                mixture.Prepare();
                double[][] drawn = Array.ConvertAll(Domains, static _ => new double[50]);
                mixture.Draw(new RandomStream(seed, 1, ""), drawn);
                return Domains.Zip(drawn).All(static pair => pair.Second.All(pair.First.Contains));
            },
            iter: 60);

    [Test]
    public void The_newest_25_weigh_1_and_the_others_rise_to_it()
    {
        Assert.That(Enumerable.Range(0, 24).Select(i => ParzenMixture.Weight(i, 24)), Is.All.EqualTo(1));
        Assert.That(ParzenMixture.Weight(0, 26), Is.EqualTo(1.0 / 26));
        Assert.That(
            Enumerable.Range(0, 29).Select(i => ParzenMixture.Weight(i, 29)).Take(5),
            Is.EqualTo(new[] { 1 / 29.0, 1 / 29.0 + (28 / 29.0 / 3), 1 / 29.0 + (28 / 29.0 / 3 * 2), 1, 1 }).Within(1e-15));
    }

    private static ParzenMixture Build(int[] changes, long seed, out List<(int Number, double[] At)> observations)
    {
        var mixture = new ParzenMixture(Domains);
        Dictionary<int, double[]> present = [];
        foreach (int number in changes)
        {
            if (present.Remove(number))
            {
                mixture.Remove(number);
            }
            else
            {
                double[] at = [.. Domains.Select((domain, d) => RandomSampler.Draw(new RandomStream(seed, number, $"{d}"), domain))];
                present.Add(number, at);
                mixture.Add(number, at);
            }
        }

        observations = [.. present.Select(static entry => (entry.Key, entry.Value))];
        return mixture;
    }

    private static double[] Evaluate(ParzenMixture mixture, long seed)
    {
        double[] densities = new double[8];
        mixture.LogDensity(Candidates(seed, 8), densities);
        return densities;
    }

    private static double[][] Candidates(long seed, int count) =>
    [
        .. Domains.Select((domain, d) => Enumerable.Range(0, count).Select(c => RandomSampler.Draw(new RandomStream(seed, 1_000 + c, $"{d}"), domain)).ToArray()),
    ];

    private static double FromShare(ParameterDomain domain, double share) => domain.Log
        ? domain.Low * Math.Pow(domain.High / domain.Low, share)
        : domain.Low + (share * (domain.High - domain.Low));
}

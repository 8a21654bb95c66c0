namespace Mlops.Statistics.Tests;

/// <summary>LORD++ and SAFFRON against the levels that the R package onlineFDR gives for its sample p-values, and their error rate.</summary>
[TestFixture]
internal sealed class OnlineFalseDiscoveryTests
{
    private static readonly double[] PValues =
        [2.90e-14, 0.00143, 0.06514, 0.00174, 0.00171, 3.61e-05, 0.79149, 0.27201, 0.28295, 7.59e-08, 0.69274, 0.30443, 0.000487, 0.72342, 0.54757];

    [Test]
    public void Lord_has_the_levels_of_onlineFDR()
    {
        Lord lord = new();
        double[] levels = new double[PValues.Length];
        List<int> discoveries = [];
        for (int i = 0; i < PValues.Length; i++)
        {
            levels[i] = lord.NextLevel;
            if (lord.Decide(PValues[i]))
                discoveries.Add(i);
        }

        Assert.That(
            levels,
            Is.EqualTo((double[])[0.001338, 0.001629, 0.003215, 0.001036, 0.000876, 0.000738, 0.003309, 0.001136, 0.000987, 0.000854, 0.003426, 0.001251, 0.0011, 0.003639, 0.001438])
                .Within(5.1e-7));
        Assert.That(discoveries, Is.EqualTo(new[] { 0, 1, 5, 9, 12 }));
        Assert.That((lord.Tests, lord.Discoveries), Is.EqualTo((15L, 5L)));
    }

    [Test]
    public void Saffron_has_the_levels_of_onlineFDR()
    {
        Saffron saffron = new();
        double[] levels = new double[PValues.Length];
        List<int> discoveries = [];
        for (int i = 0; i < PValues.Length; i++)
        {
            levels[i] = saffron.NextLevel;
            if (saffron.Decide(PValues[i]))
                discoveries.Add(i);
        }

        Assert.That(
            levels,
            Is.EqualTo((double[])[0.005469, 0.010937, 0.021875, 0.021875, 0.032812, 0.043749, 0.054686, 0.01804, 0.01804, 0.01804, 0.028977, 0.013037, 0.013037, 0.023975, 0.011445])
                .Within(5.1e-7));
        Assert.That(discoveries, Is.EqualTo(new[] { 0, 1, 3, 4, 5, 9, 12 }));
    }

    [Test]
    public void The_share_of_false_discoveries_is_held_for_independent_p_values([Values("lord", "saffron")] string procedure)
    {
        const int Streams = 300, Length = 500;
        double shares = 0;
        long found = 0;
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream);
            Func<double, bool> decide = procedure == "lord" ? new Lord().Decide : new Saffron().Decide;
            int wrong = 0, all = 0;
            for (int i = 0; i < Length; i++)
            {
                bool drifted = random.NextDouble() < 0.2;
                double p = double.Min(1, 2 * Math.Exp(NormalDistribution.LogSurvival(Math.Abs(random.NextNormal() + (drifted ? 4 : 0)))));
                if (decide(p))
                {
                    all++;
                    wrong += drifted ? 0 : 1;
                }
            }

            shares += (double)wrong / int.Max(1, all);
            found += all - wrong;
        }

        // Three standard errors of a mean whose values lie between 0 and 1 with mean 0.05.
        Assert.That(shares / Streams, Is.LessThanOrEqualTo(0.05 + (3 * Math.Sqrt(0.05 * 0.95 / Streams))));
        Assert.That(found, Is.GreaterThan(Streams * Length * 0.2 * 0.5), "half of what is there is found");
    }

    [Test]
    public void A_restored_procedure_goes_on_exactly()
    {
        Lord lord = new(0.1), otherLord = new(0.1);
        Saffron saffron = new(0.1, 0.3), otherSaffron = new(0.1, 0.3);
        SplitMix64 random = new(1);
        for (int i = 0; i < 200; i++)
        {
            double p = random.NextDouble() < 0.3 ? 1e-6 * random.NextDouble() : random.NextDouble();
            lord.Decide(p);
            saffron.Decide(p);
        }

        otherLord.RestoreState(lord.SaveState());
        otherSaffron.RestoreState(saffron.SaveState());
        Assert.That((otherLord.NextLevel, otherLord.Tests, otherLord.Discoveries), Is.EqualTo((lord.NextLevel, lord.Tests, lord.Discoveries)));
        Assert.That((otherSaffron.NextLevel, otherSaffron.Tests, otherSaffron.Discoveries), Is.EqualTo((saffron.NextLevel, saffron.Tests, saffron.Discoveries)));
        Assert.That(() => new Lord(0.2).RestoreState(lord.SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(() => otherSaffron.RestoreState(lord.SaveState()), Throws.InstanceOf<FormatException>());
        byte[] cut = lord.SaveState()[..^3];
        Assert.That(() => otherLord.RestoreState(cut), Throws.InstanceOf<FormatException>());
        Assert.That(otherLord.Tests, Is.EqualTo(200), "a refused state changes nothing");
    }

    [Test]
    public void Impossible_values_are_refused()
    {
        Assert.That(() => new Lord(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Saffron(0.05, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Lord().Decide(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Saffron().Decide(-0.1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void States_of_impossible_histories_are_refused()
    {
        Lord lord = new();
        Saffron saffron = new();
        for (int i = 0; i < 6; i++)
        {
            lord.Decide(i % 2 == 0 ? 0 : 1);
            saffron.Decide(i % 2 == 0 ? 0 : 1);
        }

        // The last eight bytes are a time of Lord's and the candidates at a time of Saffron's; the time is before them.
        byte[] future = lord.SaveState(), candidates = saffron.SaveState(), later = saffron.SaveState();
        BitConverter.GetBytes(7L).CopyTo(future, future.Length - 8);
        BitConverter.GetBytes(5L).CopyTo(candidates, candidates.Length - 8);
        BitConverter.GetBytes(7L).CopyTo(later, later.Length - 16);
        Assert.Throws<FormatException>(() => lord.RestoreState(future));
        Assert.Throws<FormatException>(() => saffron.RestoreState(candidates));
        Assert.Throws<FormatException>(() => saffron.RestoreState(later));
        lord.RestoreState(lord.SaveState());
        saffron.RestoreState(saffron.SaveState());
    }

    [Test]
    public void A_saffron_level_never_exceeds_the_candidates_limit()
    {
        Saffron procedure = new(0.4, 0.05);
        for (int i = 0; i < 1_500; i++)
        {
            procedure.Decide(0);
            Assert.That(procedure.NextLevel, Is.InRange(0, 0.05));
        }

        Assert.That(procedure.NextLevel, Is.EqualTo(0.05));
        Assert.That(procedure.Decide(0.05), Is.True, "a p-value at the level is a discovery");
    }
}

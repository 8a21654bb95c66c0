using System.Text.Json;
using CsCheck;

namespace Quickstart.Tests;

public sealed class PairedErrorTestTests
{
    // Of a normal distribution: a right test fails once in 10 000.
    private const double Quantile = 3.89;

    private static IEnumerable<TestCaseData<int>> Sizes() => Golden.Root.GetProperty("sizes").GetProperty("rates").EnumerateArray()
        .Select(static (rate, i) => new TestCaseData<int>(i) { TestName = $"False_alarms_come_as_often_as_a_simulation_says({rate.GetProperty("n")} days, autocorrelation {rate.GetProperty("rho")})" });

    // Gains 1 and 2: mean 1.5 and standard error 1/2 give t = 3, and Student's t with one degree of freedom is Cauchy's.
    [Test]
    public void Two_days_by_hand()
    {
        PairedVerdict verdict = PairedErrorTest.Compare([2, 4], [1, 2]);

        Assert.That(verdict.ChampionError, Is.EqualTo(3));
        Assert.That(verdict.CandidateError, Is.EqualTo(1.5));
        Assert.That(verdict.Improvement, Is.EqualTo(1.5));
        Assert.That(verdict.PValue, Is.EqualTo(0.5 - (Math.Atan(3) / Math.PI)).Within(1e-12));
    }

    [Test]
    public void Equals_statsmodels_and_scipy()
    {
        foreach (JsonElement expected in Golden.Root.GetProperty("paired").EnumerateArray())
        {
            double[] champion = expected.GetProperty("champion").Doubles();
            PairedVerdict verdict = PairedErrorTest.Compare(champion, expected.GetProperty("candidate").Doubles());
            Assert.That(verdict.PValue, Is.EqualTo(expected.GetProperty("p").GetDouble()).Within(1e-7).Percent, $"{champion.Length} days");
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void False_alarms_come_as_often_as_a_simulation_says(int index)
    {
        const int Repetitions = 20_000;
        const double Level = 0.05;
        JsonElement golden = Golden.Root.GetProperty("sizes");
        JsonElement expected = golden.GetProperty("rates")[index];
        int n = expected.GetProperty("n").GetInt32();
        double rho = expected.GetProperty("rho").GetDouble(), rate = expected.GetProperty("rate").GetDouble();
        var random = new Random(20_260_102 + index);
        double[] champion = new double[n], candidate = new double[n];
        int promoted = 0;
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            Array.Fill(champion, 10);
            double gain = Normal(random);
            for (int i = 0; i < n; i++)
            {
                gain = i == 0 ? gain : (rho * gain) + (Math.Sqrt(1 - (rho * rho)) * Normal(random));
                candidate[i] = champion[i] - gain;
            }

            promoted += PairedErrorTest.Compare(champion, candidate).CandidateIsBetter(Level) ? 1 : 0;
        }

        double seen = (double)promoted / Repetitions;
        double error = Math.Sqrt(rate * (1 - rate) * ((1.0 / Repetitions) + (1.0 / golden.GetProperty("repetitions").GetInt32())));
        TestContext.Out.WriteLine($"{seen:P2} of {Repetitions}, {rate:P2} expected, {expected.GetProperty("rateIgnoringDependence").GetDouble():P2} if dependence were ignored");
        Assert.That(seen, Is.EqualTo(rate).Within(Quantile * error));
        if (rho == 0)
            Assert.That(seen, Is.LessThanOrEqualTo(Level + (Quantile * Math.Sqrt(Level * (1 - Level) / Repetitions))), "the stated level holds for independent days");
        else
            Assert.That(seen, Is.LessThan(expected.GetProperty("rateIgnoringDependence").GetDouble()), "dependence is accounted for, though not wholly");
    }

    [Test]
    public void Swapping_the_models_turns_the_answer_around() =>
        Gen.Select(Gen.Double[0, 5], Gen.Double[0, 5]).Array[2, 40].Sample(static days =>
        {
            double[] a = [.. days.Select(static day => day.Item1)], b = [.. days.Select(static day => day.Item2)];
            PairedVerdict there = PairedErrorTest.Compare(a, b), back = PairedErrorTest.Compare(b, a);

            Assert.That(there.PValue, Is.InRange(0, 1));
            // Models without a difference are certain not to be better, either of them.
            Assert.That(there.PValue + back.PValue, Is.EqualTo(a.SequenceEqual(b) ? 2 : 1).Within(1e-9));
            Assert.That(there.Improvement, Is.EqualTo(-back.Improvement));
        });

    [Test]
    public void Equal_models_are_not_promoted()
    {
        PairedVerdict verdict = PairedErrorTest.Compare([1, 2, 3], [1, 2, 3]);
        Assert.That(verdict.PValue, Is.EqualTo(1));
        Assert.That(verdict.CandidateIsBetter(1.1), Is.False);
    }

    [TestCase(0.5, 0.0, true)]
    [TestCase(-0.5, 1.0, false)]
    public void A_difference_without_spread_is_certain(double gain, double p, bool better)
    {
        PairedVerdict verdict = PairedErrorTest.Compare([2 + gain, 3 + gain, 4 + gain], [2, 3, 4]);
        Assert.That(verdict.PValue, Is.EqualTo(p));
        Assert.That(verdict.CandidateIsBetter(RetrainPolicy.GateLevel), Is.EqualTo(better));
    }

    [Test]
    public void Senseless_input_is_refused()
    {
        Assert.Throws<ArgumentException>(static () => PairedErrorTest.Compare([1, 2, 3], [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(static () => PairedErrorTest.Compare([1], [1]));
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

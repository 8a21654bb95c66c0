using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ContingencyTests
{
    private static readonly Gen<(int, int, int, int)> Tables = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[0, 12]);

    [Test]
    public void Fisher_sums_the_tables_with_the_same_margins() =>
        Tables.Sample((a, missA, b, missB) =>
        {
            if (a + missA == 0 || b + missB == 0)
                return;
            double observed = Mass(a, missA, b, missB), two = 0, less = 0, mid = 0;
            for (int x = 0; x <= a + b; x++)
            {
                int other = a + b - x;
                if (x > b + missB || other > a + missA)
                    continue;
                double mass = Mass(other, a + missA - other, x, b + missB - x);
                two += mass <= observed * (1 + 1e-7) ? mass : 0;
                mid += Math.Abs(mass - observed) <= observed * 1e-7 ? mass / 2 : 0;
                less += x <= b ? mass : 0;
            }

            Assert.That(FisherExact.Test(a, a + missA, b, b + missB).PValue!.Value, Is.EqualTo(two).Within(1e-12));
            Assert.That(FisherExact.Test(a, a + missA, b, b + missB, midP: true).PValue!.Value, Is.EqualTo(two - mid).Within(1e-12));
            Assert.That(FisherExact.Test(a, a + missA, b, b + missB, Alternative.Less).PValue!.Value, Is.EqualTo(less).Within(1e-12));
        });

    [Test]
    public void Mid_p_comes_closer_to_the_level_than_the_plain_form()
    {
        const int Runs = 2_000;
        int plain = 0, mid = 0;
        SplitMix64 random = new(8);
        for (int run = 0; run < Runs; run++)
        {
            int a = Hits(ref random), b = Hits(ref random);
            plain += FisherExact.Test(a, 40, b, 40).IsSignificant(0.05) ? 1 : 0;
            mid += FisherExact.Test(a, 40, b, 40, midP: true).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(plain, Is.LessThanOrEqualTo(mid).And.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.05)));
        Assert.That(mid, Is.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.06)));

        static int Hits(ref SplitMix64 random)
        {
            int hits = 0;
            for (int i = 0; i < 40; i++)
                hits += random.NextDouble() < 0.3 ? 1 : 0;
            return hits;
        }
    }

    [Test]
    public void Extreme_tables_keep_their_logarithm()
    {
        TwoSampleResult result = FisherExact.Test(0, 5_000, 5_000, 5_000);

        Assert.That(result.PValue, Is.Zero);
        Assert.That(result.LogPValue!.Value, Is.EqualTo(Math.Log(2) - LogFactorials.UpTo(10_000).LogChoose(10_000, 5_000)).Within(1e-8));
    }

    [Test]
    public void Likelihood_ratio_and_Pearson_agree_where_counts_are_large()
    {
        TwoSampleResult g = GTest.Test([10_000, 20_000, 30_000], [10_100, 19_900, 30_050]), chi = ChiSquare.Test([10_000, 20_000, 30_000], [10_100, 19_900, 30_050]);

        Assert.That(g.Statistic!.Value, Is.EqualTo(chi.Statistic!.Value).Within(1e-3));
        Assert.That((g.DegreesOfFreedom, g.Effect), Is.EqualTo((chi.DegreesOfFreedom, chi.Effect)));
    }

    [Test]
    public void Corrected_association_of_equal_laws_is_near_zero_where_the_plain_one_is_not()
    {
        SplitMix64 random = new(9);
        double plain = 0, corrected = 0;
        for (int run = 0; run < 200; run++)
        {
            long[] r = new long[20], c = new long[20];
            for (int i = 0; i < 100; i++)
            {
                r[random.NextInt(20)]++;
                c[random.NextInt(20)]++;
            }

            plain += CramersV.Compute(r, c)!.Value / 200;
            corrected += CramersV.ComputeCorrected(r, c)!.Value / 200;
        }

        Assert.That(plain, Is.GreaterThan(0.25));
        Assert.That(corrected, Is.LessThan(plain / 3));
        Assert.That(CramersV.Compute([5, 0], [0, 7]), Is.EqualTo(1).Within(1e-14));
        Assert.That(CramersV.Compute([3], [4]), Is.Zero);
    }

    private static double Mass(int a, int missA, int b, int missB) =>
        Choose(a + missA, a) * Choose(b + missB, b) / Choose(a + missA + b + missB, a + b);

    private static double Choose(int n, int k)
    {
        double value = 1;
        for (int i = 1; i <= k; i++)
            value = value * (n - k + i) / i;
        return value;
    }
}

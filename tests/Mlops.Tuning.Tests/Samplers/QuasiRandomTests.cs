using System.Text.Json;
using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class QuasiRandomTests
{
    private static readonly Lazy<JsonElement> Scipy = new(static () =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "quasi_random.json"))));

    /// <summary>In every dimension: scipy's points come in the order of Gray's code.</summary>
    [Test]
    public void The_plain_Sobol_sequence_is_that_of_scipy()
    {
        uint[] indices = Scipy.Value.GetProperty("indices").Deserialize<uint[]>()!;
        uint[][] expected = Scipy.Value.GetProperty("sobol").Deserialize<uint[][]>()!;

        for (int i = 0; i < indices.Length; i++)
        {
            uint index = indices[i] ^ (indices[i] >> 1);
            Assert.That(Enumerable.Range(0, SobolSequence.Dimensions).Select(d => SobolSequence.Plain(index, d)), Is.EqualTo(expected[i]), $"Point {indices[i]}.");
        }
    }

    /// <summary>
    /// What makes nested scrambling Owen's: two points agree in as many leading digits after it as before, so that every elementary box goes to one of its own
    /// size. Before it the points are scipy's.
    /// </summary>
    [Test]
    public void Scrambling_Halton_points_keeps_how_many_leading_digits_two_of_them_share()
    {
        double[][] plain = Scipy.Value.GetProperty("halton").Deserialize<double[][]>()!;
        int[] primes = [.. Enumerable.Range(2, 130).Where(static n => Enumerable.Range(2, n - 2).All(divisor => n % divisor != 0))];
        for (int dimension = 0; dimension < plain[0].Length; dimension++)
        {
            int[][] before = [.. plain.Select(point => Digits(point[dimension], primes[dimension]))];
            int[][] after = [.. Enumerable.Range(0, plain.Length).Select(n => Digits(HaltonSequence.Scrambled((uint)n, dimension, 11), primes[dimension]))];
            for (int i = 1; i < plain.Length; i++)
            {
                Assert.That(Shared(after[i], after[i / 2]), Is.EqualTo(Shared(before[i], before[i / 2])), $"Dimension {dimension}, points {i / 2} and {i}.");
                Assert.That(Shared(after[i], after[i - 1]), Is.EqualTo(Shared(before[i], before[i - 1])), $"Dimension {dimension}, points {i - 1} and {i}.");
            }
        }

        // As many digits as 64 points have; the others are zeros before and chance after.
        static int[] Digits(double place, int prime)
        {
            List<int> digits = [];
            for (double span = 1; span < 64; span *= prime)
            {
                place = (place * prime) + 1e-10;
                digits.Add((int)place);
                place -= Math.Floor(place);
            }

            return [.. digits];
        }

        static int Shared(int[] a, int[] b) => a.Zip(b).TakeWhile(static pair => pair.First == pair.Second).Count();
    }

    [Test]
    public void Scrambling_Sobol_points_keeps_how_many_leading_bits_two_of_them_share() =>
        Gen.Select(Gen.UInt[0, 1 << 20], Gen.UInt[0, 1 << 20], Gen.Int[0, SobolSequence.Dimensions - 1], Gen.ULong).Sample(static (a, b, dimension, seed) =>
            System.Numerics.BitOperations.LeadingZeroCount(SobolSequence.Plain(a, dimension) ^ SobolSequence.Plain(b, dimension))
            == System.Numerics.BitOperations.LeadingZeroCount(Bits(a, dimension, seed) ^ Bits(b, dimension, seed)));

    /// <summary>So a net stays a net: 2^10 points in five of the dimensions, over boxes of 2^-10 in every shape.</summary>
    [Test]
    public void Elementary_boxes_hold_as_many_points_scrambled_as_plain() =>
        Gen.Select(Gen.Int[0, SobolSequence.Dimensions - 1].Array[5], Gen.Int[0, 4].Array[10], Gen.ULong).Where(static t => t.Item1.Distinct().Count() == 5).Sample(
            static (dimensions, cuts, seed) =>
            {
                // How often each dimension is halved.
                int[] halvings = [.. Enumerable.Range(0, 5).Select(d => cuts.Count(cut => cut == d))];
                string plain = Counts((n, d) => SobolSequence.Plain(n, d));
                Assert.That(Counts((n, d) => Bits(n, d, seed)), Is.EqualTo(plain));

                string Counts(Func<uint, int, uint> point) => string.Join(' ', Enumerable.Range(0, 1024)
                    .CountBy(n => string.Join(' ', dimensions.Zip(halvings, (d, times) => (ulong)point((uint)n, d) >> (32 - times))))
                    .Select(static box => box.Value).Order());
            },
            iter: 30);

    /// <summary>Over 4 000 seeds a bit is flipped in half of them, 2 000 with a standard error of 32, and no two bits together.</summary>
    [Test]
    public void Every_leading_bit_is_flipped_in_half_of_the_seeds_and_no_two_together()
    {
        uint[] flips = [.. Enumerable.Range(0, 4_000).Select(static seed => Bits(77, 3, (ulong)seed) ^ SobolSequence.Plain(77, 3))];
        for (int first = 0; first < 12; first++)
        {
            Assert.That(flips.Count(flip => ((flip >> (31 - first)) & 1) != 0), Is.EqualTo(2_000).Within(160), $"Bit {first}.");
            for (int second = 0; second < first; second++)
            {
                Assert.That(flips.Count(flip => (((flip >> (31 - first)) ^ (flip >> (31 - second))) & 1) != 0), Is.EqualTo(2_000).Within(160), $"Bits {second} and {first}.");
            }
        }
    }

    /// <summary>The first points of Joe and Kuo's tables in the order of plain binary: 0; 1/2 everywhere; then 1/4 and 3/4.</summary>
    [Test]
    public void The_plain_sequence_begins_as_tabulated()
    {
        double[][] points = [.. Enumerable.Range(0, 4).Select(static n => Enumerable.Range(0, 4).Select(d => SobolSequence.Plain((uint)n, d) / 4294967296.0).ToArray())];

        Assert.That(points, Is.EqualTo(new double[][] { [0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], [0.25, 0.75, 0.75, 0.75], [0.75, 0.25, 0.25, 0.25] }));
    }

    [Test]
    public void Every_dimension_of_the_scrambled_sequence_has_one_point_in_each_of_so_many_strips()
    {
        for (int dimension = 0; dimension < 70; dimension++)
        {
            int[] strips = [.. Enumerable.Range(0, 256).Select(n => (int)(256 * SobolSequence.Scrambled((uint)n, dimension, 5))).Order()];
            Assert.That(strips, Is.EqualTo(Enumerable.Range(0, 256)), $"Dimension {dimension}.");
        }
    }

    /// <summary>The first two dimensions are a (0, 2)-sequence: every elementary box of the volume of one point has one, scrambled or not.</summary>
    [TestCase(1)]
    [TestCase(4)]
    [TestCase(7)]
    public void The_first_two_dimensions_fill_every_elementary_box(int bits)
    {
        int[] boxes = [.. Enumerable.Range(0, 256).Select(n =>
            ((int)((1 << bits) * SobolSequence.Scrambled((uint)n, 0, 9)) << (8 - bits)) + (int)((1 << (8 - bits)) * SobolSequence.Scrambled((uint)n, 1, 9))).Order()];

        Assert.That(boxes, Is.EqualTo(Enumerable.Range(0, 256)));
    }

    /// <summary>3^5 points in base 3 and 2^3 blocks of 3^3 in bases 2 and 3 fill their strips and boxes.</summary>
    [Test]
    public void The_scrambled_Halton_sequence_fills_strips_in_every_base_and_boxes_in_two()
    {
        foreach ((int dimension, int prime) in new[] { (0, 2), (1, 3), (2, 5), (3, 7), (25, 101) })
        {
            int count = prime * prime;
            int[] strips = [.. Enumerable.Range(0, count).Select(n => (int)((count * HaltonSequence.Scrambled((uint)n, dimension, 5)) + 1e-9)).Order()];
            Assert.That(strips, Is.EqualTo(Enumerable.Range(0, count)), $"Base {prime}.");
        }

        int[] boxes = [.. Enumerable.Range(0, 216).Select(static n =>
            ((int)((8 * HaltonSequence.Scrambled((uint)n, 0, 3)) + 1e-9) * 27) + (int)((27 * HaltonSequence.Scrambled((uint)n, 1, 3)) + 1e-9)).Order()];
        Assert.That(boxes, Is.EqualTo(Enumerable.Range(0, 216)));
    }

    /// <summary>Over seeds a point is uniform: the means of 400 have a standard error of 0.0144.</summary>
    [Test]
    public void Seeds_move_every_point()
    {
        foreach (uint index in new uint[] { 0, 1, 77 })
        {
            Assert.That(Enumerable.Range(0, 400).Average(seed => SobolSequence.Scrambled(index, 3, (ulong)seed)), Is.EqualTo(0.5).Within(0.06));
            Assert.That(Enumerable.Range(0, 400).Average(seed => HaltonSequence.Scrambled(index, 3, (ulong)seed)), Is.EqualTo(0.5).Within(0.06));
        }
    }

    [TestCase("sobol")]
    [TestCase("halton")]
    public void A_trials_values_follow_from_its_number_and_the_order_of_its_questions(string name)
    {
        StudySampler sampler = QualityRun.Samplers[name].ForStudy(new StudySpace("s", [Direction.Minimize], 4));
        ParameterDomain domain = ParameterDomain.Real(0, 1);

        double At(int number, int position, string parameter) =>
            sampler.Sample(new SamplingContext(new StudySpace("s", [Direction.Minimize], 4), number) { Position = position }, parameter, domain);
        Assert.That(At(3, 1, "a"), Is.EqualTo(At(3, 1, "b")));
        Assert.That(At(3, 1, "a"), Is.Not.EqualTo(At(3, 2, "a")));
        Assert.That(Enumerable.Range(0, 16).Select(number => (int)(16 * At(number, 0, "a"))).Order(), name == "sobol" ? Is.EqualTo(Enumerable.Range(0, 16)) : Has.Exactly(16).Items);
    }

    [Test]
    public void Grids_scales_and_choices_are_covered_evenly()
    {
        var harness = new SamplerHarness(new SobolSampler(), 3);
        double[][] seen = new double[3][];
        for (int d = 0; d < 3; d++)
        {
            seen[d] = new double[32];
        }

        for (int n = 0; n < 32; n++)
        {
            harness.Begin();
            seen[0][n] = harness.Suggest("choice", ParameterDomain.Categorical("a", "b", "c", "d"));
            seen[1][n] = harness.Suggest("grid", ParameterDomain.Whole(1, 8));
            seen[2][n] = Math.Floor(Math.Log10(harness.Suggest("log", ParameterDomain.Real(1, 1e4, log: true))));
            harness.End(0);
        }

        Assert.That(seen[0].CountBy(static x => x).Select(static pair => pair.Value), Is.All.EqualTo(8));
        Assert.That(seen[1].CountBy(static x => x).Select(static pair => pair.Value), Is.All.EqualTo(4));
        Assert.That(seen[2].CountBy(static x => x).Select(static pair => pair.Value), Is.All.EqualTo(8));
    }

    private static uint Bits(uint index, int dimension, ulong seed) => (uint)(SobolSequence.Scrambled(index, dimension, seed) * 4294967296.0);
}

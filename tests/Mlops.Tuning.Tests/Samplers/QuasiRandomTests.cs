namespace Mlops.Tuning.Tests;

public sealed class QuasiRandomTests
{
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
}

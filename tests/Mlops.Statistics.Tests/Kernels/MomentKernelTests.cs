namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class MomentKernelTests
{
    [Test]
    public void All_widths_give_the_same_bits_at_every_length_and_offset()
    {
        double[] buffer = TestData.Normal(1, 400, 3, 2);
        buffer[37] = double.NaN;
        buffer[120] = double.PositiveInfinity;
        buffer[121] = double.NegativeInfinity;
        buffer[200] = -0.0;
        buffer[201] = double.Epsilon;
        for (int length = 0; length <= 257; length++)
        {
            for (int offset = 0; offset < 143; offset += 13)
                AssertSameBits(buffer.AsSpan(offset, length));
        }
    }

    [Test]
    public void All_widths_give_the_same_bits_over_many_blocks([Values("normal", "pareto", "discrete5", "zero-inflated")] string law)
    {
        double[] values = TestData.Draw(2, 10_007, law);
        AssertSameBits(values);
        for (int i = 0; i < values.Length; i += 97)
            values[i] = double.NaN;
        AssertSameBits(values);
    }

    [Test]
    public void Bits_are_those_recorded_on_another_instruction_set()
    {
        // Recorded at 512 bits; the suite runs again at 256, 128 and without vectors and must find the same.
        Moments moments = Moments.Of(TestData.Normal(3, 5_000));

        Assert.That(
            (BitConverter.DoubleToInt64Bits(moments.Mean!.Value), BitConverter.DoubleToInt64Bits(moments.M2), BitConverter.DoubleToInt64Bits(moments.M4)),
            Is.EqualTo((RecordedMean, RecordedM2, RecordedM4)));
    }

    private const long RecordedMean = 4574144885715719072;
    private const long RecordedM2 = 4662349970328609597;
    private const long RecordedM4 = 4669881819279829029;

    private static void AssertSameBits(ReadOnlySpan<double> values)
    {
        Moments wide = MomentKernel.Compute<Lanes512, double>(values);
        Assert.That(MomentKernel.Compute<Lanes256, double>(values), Is.EqualTo(wide));
        Assert.That(MomentKernel.Compute<Lanes128, double>(values), Is.EqualTo(wide));
        float[] narrow = new float[values.Length];
        for (int i = 0; i < narrow.Length; i++)
            narrow[i] = (float)values[i];
        Moments single = MomentKernel.Compute<Lanes512, float>(narrow);
        Assert.That(MomentKernel.Compute<Lanes256, float>(narrow), Is.EqualTo(single));
        Assert.That(MomentKernel.Compute<Lanes128, float>(narrow), Is.EqualTo(single));
        Assert.That(MomentKernel.Compute<Lanes512, double>(Array.ConvertAll(narrow, v => (double)v)), Is.EqualTo(single));
    }
}

namespace Mlops.Statistics.Tests;

/// <summary>Guards against a suite that believes it ran without AVX-512 and did not.</summary>
[TestFixture]
internal sealed class VectorWidthTests
{
    [Test]
    public void The_active_width_is_the_one_the_environment_asks_for()
    {
        int allowed = 512;
        if (Off("DOTNET_EnableAVX512") || Number("DOTNET_PreferredVectorBitWidth") == 256)
            allowed = 256;
        if (Off("DOTNET_EnableAVX2") || Off("DOTNET_EnableAVX") || Number("DOTNET_PreferredVectorBitWidth") == 128)
            allowed = 128;
        if (Off("DOTNET_EnableHWIntrinsic"))
            allowed = 0;
        int hardware = Number("MLOPS_HARDWARE_VECTOR_BITS") ?? 512;
        TestContext.Out.WriteLine($"Kernels run at {VectorWidth.Bits} bits.");

        Assert.That(VectorWidth.Bits, Is.LessThanOrEqualTo(allowed));
        if (allowed < 512)
            Assert.That(VectorWidth.Bits, Is.EqualTo(int.Min(allowed, hardware)), "the setting had no effect, or this machine has narrower vectors (then set MLOPS_HARDWARE_VECTOR_BITS)");
    }

    [Test]
    public void Names_of_settings_that_this_runtime_ignores_are_not_in_use()
    {
        Assert.That(Environment.GetEnvironmentVariable("DOTNET_EnableAVX512F"), Is.Null, "ignored by .NET 10; use DOTNET_EnableAVX512");
        Assert.That(Environment.GetEnvironmentVariable("DOTNET_EnableFMA"), Is.Null, "ignored by .NET 10; use DOTNET_EnableAVX2");
    }

    private static bool Off(string name) => Environment.GetEnvironmentVariable(name) == "0";

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), System.Globalization.CultureInfo.InvariantCulture, out int value) ? value : null;
}

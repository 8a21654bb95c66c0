using System.Globalization;

namespace Mlops.Statistics.Tests;

/// <summary>Guards against a suite that believes it ran on an instruction set and did not.</summary>
[TestFixture, Category("Kernels")]
internal sealed class VectorWidthTests
{
    private const string Expectation = "MLOPS_EXPECTED_VECTOR_BITS";

    [Test]
    public void The_active_width_is_the_expected_one()
    {
        string? expected = Environment.GetEnvironmentVariable(Expectation);
        TestContext.Out.WriteLine($"Kernels run at {VectorWidth.Bits} bits.");
        if (expected is null)
            Assert.Ignore($"{Expectation} is not set; .ci/steps/10-instruction-sets.sh sets it");

        Assert.That(VectorWidth.Bits, Is.EqualTo(int.Parse(expected, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void Names_of_settings_that_this_runtime_ignores_are_not_in_use()
    {
        Assert.That(Environment.GetEnvironmentVariable("DOTNET_EnableAVX512F"), Is.Null, "ignored by .NET 10; use DOTNET_EnableAVX512");
        Assert.That(Environment.GetEnvironmentVariable("DOTNET_EnableFMA"), Is.Null, "ignored by .NET 10; use DOTNET_EnableAVX2");
    }
}

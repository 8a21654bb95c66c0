namespace Mlops.Statistics.Tests;

internal sealed partial class GoldenTests
{
    /// <summary>What the golden file holds and this package does not compute. A name that is neither here nor tested fails.</summary>
    private static readonly HashSet<string> NotPorted =
    [
        "river.ADWIN_pre_fix_1614",
    ];

    /// <summary>Peers whose detectors differ from those of river and MOA, which are followed here.</summary>
    private static readonly string[] PeersNotFollowed = ["frouros.", "skmultiflow."];

    /// <summary>Tables of more than two rows, for which only distances of their first two rows are computed.</summary>
    private static readonly HashSet<string> TablesOfMoreRows = ["t3x4"];

    /// <summary>Leaves the test where the name is known as not ported.</summary>
    private static void IgnoreWhenNotPorted(string name)
    {
        if (NotPorted.Contains(name) || PeersNotFollowed.Any(peer => name.StartsWith(peer, StringComparison.Ordinal)))
            Assert.Ignore($"'{name}' is not ported.");
    }

    private static void FailAsUnknown(string name) => Assert.Fail($"'{name}' is neither tested nor listed as not ported.");
}

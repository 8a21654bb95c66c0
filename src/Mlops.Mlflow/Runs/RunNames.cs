using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Mlflow;

/// <summary>Names for runs that got none, as <c>calm-harbour-417</c>.</summary>
internal static class RunNames
{
    private static readonly string[] Adjectives =
    [
        "able", "amber", "brave", "bright", "brisk", "calm", "clever", "crisp", "eager", "fair", "fleet", "gentle", "glad", "golden", "grand", "hardy", "honest", "keen", "kind", "lively",
        "lucid", "mellow", "merry", "mild", "neat", "noble", "placid", "plain", "prime", "proud", "quick", "quiet", "rapid", "ready", "robust", "serene", "sharp", "silent", "silver", "smooth",
        "sober", "solid", "spry", "steady", "still", "sturdy", "subtle", "sunny", "swift", "tidy", "tranquil", "trim", "upbeat", "valiant", "vivid", "warm", "wise", "witty", "young", "zesty",
    ];

    private static readonly string[] Nouns =
    [
        "acorn", "anchor", "badger", "basin", "beacon", "birch", "bridge", "brook", "canyon", "cedar", "cliff", "comet", "cove", "crane", "delta", "dune", "falcon", "fern", "finch", "fjord",
        "forest", "fox", "garden", "glacier", "grove", "harbour", "hare", "hawk", "heron", "hill", "island", "juniper", "lagoon", "lake", "lark", "linden", "lynx", "maple", "meadow", "mesa",
        "moor", "oak", "orchard", "otter", "owl", "pebble", "pine", "prairie", "quarry", "rapids", "raven", "reef", "ridge", "river", "sparrow", "spruce", "summit", "thicket", "valley", "willow",
    ];

    public static string Next() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Adjectives[RandomNumberGenerator.GetInt32(Adjectives.Length)]}-{Nouns[RandomNumberGenerator.GetInt32(Nouns.Length)]}-{RandomNumberGenerator.GetInt32(1_000)}");
}

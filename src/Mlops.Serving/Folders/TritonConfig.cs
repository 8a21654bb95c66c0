using System.Globalization;
using System.Text.RegularExpressions;

namespace Mlops.Serving;

/// <summary>The two settings of a <c>config.pbtxt</c> that are kept; the model file itself says the rest.</summary>
internal sealed partial class TritonConfig
{
    public const string FileName = "config.pbtxt";
    private readonly string _policy = "";
    private readonly HashSet<long> _numbers = [];

    private TritonConfig(string text)
    {
        text = Comment().Replace(text, "");
        IsBatched = BatchSize().Match(text) is not { Success: true } size || size.Groups[1].ValueSpan.Trim('0').Length > 0;
        if (VersionPolicy().Match(text) is not { Success: true } policy)
            return;

        _policy = policy.Groups[1].Value;
        foreach (Match number in Number().Matches(policy.Groups[2].Value))
            if (long.TryParse(number.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                _numbers.Add(value);
    }

    /// <summary>False only where it says <c>max_batch_size: 0</c>.</summary>
    public bool IsBatched { get; }

    public static TritonConfig Parse(string text) => new(text);

    /// <summary>The versions that the policy chooses, of versions in ascending order; without a policy all.</summary>
    public IEnumerable<T> Choose<T>(IReadOnlyList<T> versions, Func<T, long> number) => _policy switch
    {
        "latest" => versions.Skip(versions.Count - (int)Math.Min(_numbers.DefaultIfEmpty(1).First(), versions.Count)),
        "specific" => versions.Where(version => _numbers.Contains(number(version))),
        _ => versions,
    };

    [GeneratedRegex("#.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bmax_batch_size\s*:\s*([0-9]+)")]
    private static partial Regex BatchSize();

    [GeneratedRegex(@"\bversion_policy\s*:?\s*\{\s*(latest|all|specific)\s*:?\s*\{([^{}]*)\}")]
    private static partial Regex VersionPolicy();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}

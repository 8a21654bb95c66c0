using System.Globalization;

namespace Mlops.Orchestration;

/// <summary>How a run uses the cache, as its row keeps it: the use of the run, then a line per step with another.</summary>
internal static class CacheUses
{
    public static string? Write(StartOptions options)
    {
        if (options is { Cache: CacheUse.Use, CacheOfSteps.Count: 0 })
        {
            return null;
        }

        IEnumerable<string> lines = options.CacheOfSteps.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => Line(pair.Key, pair.Value));
        return string.Join('\n', lines.Prepend(Line("", options.Cache)));
    }

    public static CacheUse Of(string? written, string node)
    {
        CacheUse use = CacheUse.Use;
        string name = node.EndsWith("[]", StringComparison.Ordinal) ? node[..^2] : node;
        foreach (string line in written?.Split('\n') ?? [])
        {
            int separator = line.LastIndexOf('=');
            if (separator == 0 || line[..separator] == name)
            {
                use = (CacheUse)int.Parse(line[(separator + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return use;
    }

    private static string Line(string step, CacheUse use) => string.Create(CultureInfo.InvariantCulture, $"{step}={(int)use}");
}

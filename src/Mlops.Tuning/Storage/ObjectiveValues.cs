using System.Globalization;

namespace Mlops.Tuning;

/// <summary>The first objective has a column of its own, which SQL can order by; further ones are a comma-separated text.</summary>
internal static class ObjectiveValues
{
    public static string? WriteFurther(IReadOnlyList<double> values) => values.Count < 2
        ? null
        : string.Join(',', values.Skip(1).Select(static value => value.ToString("R", CultureInfo.InvariantCulture)));

    public static IReadOnlyList<double> Read(double first, string? further) => further is null
        ? [first]
        : [first, .. further.Split(',').Select(static value => double.Parse(value, CultureInfo.InvariantCulture))];
}

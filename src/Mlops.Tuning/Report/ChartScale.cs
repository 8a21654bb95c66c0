using System.Globalization;

namespace Mlops.Tuning;

/// <summary>Maps values onto 0 to 1 along an axis, and says where it is marked.</summary>
internal sealed class ChartScale
{
    private const int MaximumLabels = 12;
    private const int MaximumLabel = 14;
    private const double WantedTicks = 4;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _log;
    private readonly IReadOnlyList<string> _labels;
    private readonly bool _whole;

    private ChartScale(double low, double high, bool log, IReadOnlyList<string> labels, bool whole = false)
    {
        _whole = whole;
        _low = low;
        _high = high;
        _log = log;
        _labels = labels;
    }

    /// <summary>Numbers from the smallest to the largest; a single one is given room.</summary>
    public static ChartScale Numbers(double low, double high, bool log = false)
    {
        if (log)
        {
            return new(Math.Log10(low), low < high ? Math.Log10(high) : Math.Log10(low) + 1, log: true, []);
        }

        double room = low < high ? 0 : 0.5 * Math.Max(1, Math.Abs(low));
        return new(low - room, high + room, log: false, []);
    }

    /// <summary>Whole numbers, such as a trial's: marked at some of them only.</summary>
    public static ChartScale Whole(double low, double high) => new(low, low < high ? high : low + 1, log: false, [], whole: true);

    /// <summary>
    /// Numbers of which those far beyond the middle half on the bad side would squeeze all others into a line; they are put at the edge.
    /// </summary>
    public static ChartScale Robust(IEnumerable<double> values, Direction direction)
    {
        double[] sorted = [.. values.Order()];
        double lower = sorted[sorted.Length / 4];
        double upper = sorted[sorted.Length * 3 / 4];
        double reach = 3 * (upper - lower);
        return direction == Direction.Minimize
            ? Numbers(sorted[0], Math.Min(sorted[^1], upper + reach))
            : Numbers(Math.Max(sorted[0], lower - reach), sorted[^1]);
    }

    /// <summary>A parameter's coordinates.</summary>
    public static ChartScale Of(ParameterDomain domain) => domain switch
    {
        { Choices.Count: > 0 } => new(-0.5, domain.Choices.Count - 0.5, log: false, domain.Choices),
        { Kind: ParameterKind.Whole, Log: false } => Whole(domain.Low, domain.High),
        _ => Numbers(domain.Low, domain.High, domain.Log),
    };

    /// <summary>The place of a value; beyond the ends it is put at them.</summary>
    public double Place(double value) => Math.Clamp(((_log ? Math.Log10(value) : value) - _low) / (_high - _low), 0, 1);

    public IEnumerable<(double Place, string Label)> Ticks()
    {
        if (_labels.Count > 0)
        {
            int every = (_labels.Count + MaximumLabels - 1) / MaximumLabels;
            return Enumerable.Range(0, _labels.Count).Where(i => i % every == 0).Select(i => (Place(i), Cut(_labels[i])));
        }

        // Fewer than two decades are marked at their ends.
        return _log && Math.Floor(_high) - Math.Ceiling(_low) < 1
            ? [(0, Text(Math.Pow(10, _low))), (1, Text(Math.Pow(10, _high)))]
            : Steps(_log ? Math.Max(1, Math.Ceiling((_high - _low) / WantedTicks)) : Step());
    }

    public static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Cut(string label) => label.Length <= MaximumLabel ? label : label[..(MaximumLabel - 1)] + "…";

    private List<(double Place, string Label)> Steps(double step)
    {
        List<(double, string)> ticks = [];
        double first = Math.Ceiling((_low / step) - 1e-9);
        for (int i = 0; ((first + i) * step) <= _high + (step * 1e-9); i++)
        {
            double at = (first + i) * step;
            ticks.Add((Math.Clamp((at - _low) / (_high - _low), 0, 1), Text(_log ? Math.Pow(10, at) : Math.Round(at / step) * step)));
        }

        return ticks;
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private double Step()
    {
        double rough = (_high - _low) / WantedTicks;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = (rough / power) switch
        {
            < 1.5 => power,
            < 3.5 => 2 * power,
            < 7.5 => 5 * power,
            _ => 10 * power,
        };
        return _whole ? Math.Max(1, step) : step;
    }
}

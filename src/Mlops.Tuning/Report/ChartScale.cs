using System.Globalization;

namespace Mlops.Tuning;

/// <summary>Maps values onto 0 to 1 along an axis, and says where it is marked.</summary>
internal sealed class ChartScale
{
    private const int MaximumLabels = 12;
    private const int MaximumLabel = 14;
    private const double WantedTicks = 4;

    // Between these, numbers are written without an exponent.
    private const double Smallest = 1e-4;
    private const double Largest = 1e6;
    private const double LargestWhole = 1e15;

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

    /// <summary>Marks below each other.</summary>
    public IEnumerable<(double Place, string Label)> Ticks() => Every(Marks(), (_labels.Count + MaximumLabels - 1) / MaximumLabels);

    /// <summary>Marks beside each other, as many as there is room for.</summary>
    /// <param name="characters">The length of the axis.</param>
    public IEnumerable<(double Place, string Label)> TicksAcross(double characters)
    {
        List<(double Place, string Label)> marks = Marks();
        int every = 1;
        while (every < marks.Count && Overlap(every))
        {
            every++;
        }

        return Every(marks, every);

        bool Overlap(int every) => Enumerable.Range(0, marks.Count - every).Any(i => i % every == 0
            && ((marks[i].Label.Length + marks[i + every].Label.Length) / 2.0) + 1 > characters * (marks[i + every].Place - marks[i].Place));
    }

    /// <summary>A value: whole numbers whole, others to four figures and more where they are large.</summary>
    public static string Text(double value) => value == Math.Truncate(value) && Math.Abs(value) < LargestWhole
        ? value.ToString("0", CultureInfo.InvariantCulture)
        : Math.Abs(value) is >= Smallest and < 1_000 ? value.ToString("G4", CultureInfo.InvariantCulture) : Round(value);

    /// <summary>A name with its middle left out where it is too long: names of parameters often begin alike.</summary>
    public static string Cut(string name, int maximum) => name.Length <= maximum ? name : $"{name[..((maximum - 1) / 2)]}…{name[^(maximum / 2)..]}";

    private static IEnumerable<(double Place, string Label)> Every(List<(double Place, string Label)> marks, int every) => marks.Where((_, i) => every < 2 || i % every == 0);

    private static string Round(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= Smallest and < Largest ? "G6" : "0.###E0", CultureInfo.InvariantCulture);

    private List<(double Place, string Label)> Marks()
    {
        if (_labels.Count > 0)
        {
            return [.. _labels.Select((label, i) => (Place(i), Cut(label, MaximumLabel)))];
        }

        // Fewer than two decades are marked at their ends.
        return _log && Math.Floor(_high) - Math.Ceiling(_low) < 1
            ? [(0, Round(Math.Pow(10, _low))), (1, Round(Math.Pow(10, _high)))]
            : Steps(_log ? Math.Max(1, Math.Ceiling((_high - _low) / WantedTicks)) : Step());
    }

    private List<(double Place, string Label)> Steps(double step)
    {
        List<(double, string)> ticks = [];
        double first = Math.Ceiling((_low / step) - 1e-9);
        for (int i = 0; ((first + i) * step) <= _high + (step * 1e-9); i++)
        {
            double at = (first + i) * step;
            ticks.Add((Math.Clamp((at - _low) / (_high - _low), 0, 1), Round(_log ? Math.Pow(10, at) : Math.Round(at / step) * step)));
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

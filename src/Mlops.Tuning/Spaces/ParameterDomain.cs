using System.Globalization;

namespace Mlops.Tuning;

/// <summary>
/// The values that a parameter may take. Samplers see each value as a <em>coordinate</em>: a number is its own coordinate,
/// a choice has its index from 0, with or without an order, false is 0 and true is 1. Immutable.
/// </summary>
public sealed class ParameterDomain : IEquatable<ParameterDomain>
{
    /// <summary>The most choices that a categorical parameter may have.</summary>
    public const int MaximumChoices = 10_000;

    // A quotient this close to a whole number was meant to be whole: 0.3 / 0.1 is 2.9999999999999996.
    private const double GridTolerance = 1e-9;

    private ParameterDomain(ParameterKind kind, double low, double high, bool log, double? step, string[] choices)
    {
        Kind = kind;
        Low = low;
        High = high;
        Log = log;
        Step = step;
        Choices = choices;
    }

    /// <summary>True or false.</summary>
    public static ParameterDomain Boolean { get; } = new(ParameterKind.Boolean, 0, 1, log: false, step: 1, ["false", "true"]);

    /// <summary>What the values are.</summary>
    public ParameterKind Kind { get; }

    /// <summary>The smallest coordinate, inclusive.</summary>
    public double Low { get; }

    /// <summary>The largest coordinate, inclusive; on a grid the last point that the step reaches.</summary>
    public double High { get; }

    /// <summary>Whether values are spread evenly over their logarithm.</summary>
    public bool Log { get; }

    /// <summary>The distance between neighbours, or null where every value in between is allowed. Integers and choices always have one.</summary>
    public double? Step { get; }

    /// <summary>The labels of the choices in the order given; empty for numbers.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <summary>Whether the values are choices without an order.</summary>
    public bool IsChoice => Kind is ParameterKind.Categorical or ParameterKind.Boolean;

    /// <summary>Whether there is only one value, so that nothing is to be searched.</summary>
    public bool IsSingle => Low == High;

    /// <summary>How many values there are, or null when they are not on a grid.</summary>
    public long? Count => Step is { } step ? (long)Math.Round((High - Low) / step) + 1 : null;

    /// <summary>Real numbers between two bounds, both inclusive.</summary>
    /// <param name="low">The smallest value; positive on a logarithmic scale.</param>
    /// <param name="high">The largest value; equal to <paramref name="low"/> for a constant.</param>
    /// <param name="log">Whether values are spread evenly over their logarithm; not together with a step.</param>
    /// <param name="step">The distance between neighbours counted from <paramref name="low"/>, or null for all values in between.</param>
    /// <exception cref="ArgumentException">The bounds are not finite, contradict each other, or do not go with the scale.</exception>
    public static ParameterDomain Real(double low, double high, bool log = false, double? step = null)
    {
        RequireBounds(low, high);
        if (log && low <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(low), low, "A logarithmic scale needs a positive lower bound.");
        }

        if (step is not { } distance)
        {
            return new(ParameterKind.Real, low, high, log, step: null, []);
        }

        if (log)
        {
            throw new ArgumentException("A logarithmic scale has no step: leave one of the two out.", nameof(step));
        }

        if (!(distance > 0) || !double.IsFinite(distance) || (high - low) / distance > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(step), distance, $"A step must be positive, finite and leave at most {int.MaxValue} values.");
        }

        long steps = WholeSteps(low, high, distance);
        double last = Math.Abs(((high - low) / distance) - steps) < GridTolerance * Math.Max(1, steps) ? high : low + (steps * distance);
        return new(ParameterKind.Real, low, last, log: false, distance, []);
    }

    /// <summary>Whole numbers between two bounds, both inclusive.</summary>
    /// <param name="low">The smallest value; at least 1 on a logarithmic scale.</param>
    /// <param name="high">The largest value; equal to <paramref name="low"/> for a constant.</param>
    /// <param name="log">Whether values are spread evenly over their logarithm; only with a step of 1.</param>
    /// <param name="step">The distance between neighbours counted from <paramref name="low"/>.</param>
    /// <exception cref="ArgumentException">The bounds contradict each other or do not go with the scale.</exception>
    public static ParameterDomain Whole(int low, int high, bool log = false, int step = 1)
    {
        RequireBounds(low, high);
        if (step < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, "A step must be at least 1.");
        }

        if (log && low < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(low), low, "A logarithmic scale of whole numbers starts at 1 or above.");
        }

        if (log && step != 1)
        {
            throw new ArgumentException($"A logarithmic scale of whole numbers takes a step of 1, got {step}.", nameof(step));
        }

        return new(ParameterKind.Whole, low, low + (((long)high - low) / step * step), log, step, []);
    }

    /// <summary>One of several choices.</summary>
    /// <param name="choices">1 to 10 000 different labels; the order is part of the domain.</param>
    /// <exception cref="ArgumentException">There are none, too many, one that is null or cannot be stored, or two with the same label.</exception>
    public static ParameterDomain Categorical(params ReadOnlySpan<string> choices)
    {
        RequireChoices(choices);
        return new(ParameterKind.Categorical, 0, choices.Length - 1, log: false, step: 1, choices.ToArray());
    }

    /// <summary>One of several choices in an order, such as small, medium and large: samplers take neighbours to be alike.</summary>
    /// <param name="choices">1 to 10 000 different labels, from the lowest to the highest.</param>
    /// <exception cref="ArgumentException">There are none, too many, one that is null or cannot be stored, or two with the same label.</exception>
    public static ParameterDomain Ordinal(params ReadOnlySpan<string> choices)
    {
        RequireChoices(choices);
        return new(ParameterKind.Ordinal, 0, choices.Length - 1, log: false, step: 1, choices.ToArray());
    }

    /// <summary>Whether the coordinate is one of the domain's values.</summary>
    public bool Contains(double coordinate)
    {
        if (!(coordinate >= Low && coordinate <= High))
        {
            return false;
        }

        if (Step is not { } step)
        {
            return true;
        }

        double steps = (coordinate - Low) / step;
        return Math.Abs(steps - Math.Round(steps)) <= GridTolerance * Math.Max(1, steps);
    }

    /// <summary>The closest value of the domain: bounded, and rounded to the grid where there is one.</summary>
    /// <param name="coordinate">Any number; what is beyond a bound is moved to it.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is NaN.</exception>
    public double Nearest(double coordinate)
    {
        if (double.IsNaN(coordinate))
        {
            throw new ArgumentOutOfRangeException(nameof(coordinate), coordinate, $"Nothing of {this} is closest to NaN.");
        }

        double bounded = Math.Clamp(coordinate, Low, High);
        if (Step is not { } step)
        {
            return bounded;
        }

        return Point((long)Math.Round((bounded - Low) / step));
    }

    /// <summary>The same domain: kind, scale, bounds, step and choices.</summary>
    public bool Equals(ParameterDomain? other) =>
        other is not null && Low.Equals(other.Low) && High.Equals(other.High) && IsCompatible(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParameterDomain);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Low, High, Log, Step);

    /// <summary>For messages: <c>real 1E-06..100 log</c>.</summary>
    public override string ToString() => Kind switch
    {
        ParameterKind.Boolean => "boolean",
        ParameterKind.Ordinal => $"ordered '{string.Join("' < '", Choices)}'",
        ParameterKind.Categorical => $"one of '{string.Join("', '", Choices)}'",
        ParameterKind.Whole => string.Create(CultureInfo.InvariantCulture, $"whole {Low}..{High}{(Log ? " log" : "")}{(Step == 1 ? "" : $" step {Step}")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"real {Low}..{High}{(Log ? " log" : "")}{(Step is null ? "" : $" step {Step}")}"),
    };

    /// <summary>Whether one parameter may have both domains at different times: they differ in their bounds at most, and their points lie on one grid.</summary>
    internal bool IsCompatible(ParameterDomain other) =>
        Kind == other.Kind && Log == other.Log && Step.Equals(other.Step) && Choices.SequenceEqual(other.Choices, StringComparer.Ordinal) && IsInPhase(other);

    private bool IsInPhase(ParameterDomain other)
    {
        double steps = Step is { } step ? Math.Abs(Low - other.Low) / step : 0;
        return Math.Abs(steps - Math.Round(steps)) <= GridTolerance * Math.Max(1, steps);
    }

    /// <summary>The smallest domain that holds both.</summary>
    internal ParameterDomain Hull(ParameterDomain other) =>
        new(Kind, Math.Min(Low, other.Low), Math.Max(High, other.High), Log, Step, (string[])Choices);

    /// <summary>The grid's point of the index, 0 to <see cref="Count"/> - 1.</summary>
    internal double Point(long index) => index >= Count - 1 ? High : Low + (index * Step!.Value);

    /// <summary>The value that users see.</summary>
    internal ParameterValue ToValue(double coordinate) => Kind switch
    {
        ParameterKind.Categorical or ParameterKind.Ordinal => new ParameterValue(Choices[(int)coordinate]),
        ParameterKind.Boolean => new ParameterValue(coordinate != 0),
        _ => new ParameterValue(coordinate),
    };

    /// <summary>The coordinate of a stored value, or null when the domain does not hold it.</summary>
    internal double? ToCoordinate(ParameterValue value)
    {
        double coordinate = Kind switch
        {
            ParameterKind.Categorical or ParameterKind.Ordinal => value.IsText ? IndexOf(value.ToString()) : Array.FindIndex((string[])Choices, value.IsSaidBy),
            ParameterKind.Boolean => value.IsBoolean ? value.Number : -1,
            _ => value.IsText || value.IsBoolean ? double.NaN : value.Number,
        };
        return Contains(coordinate) ? coordinate : null;
    }

    /// <summary>The coordinate of a value written as text, or null when the domain does not hold it.</summary>
    internal double? ParseCoordinate(string text) => Kind switch
    {
        ParameterKind.Categorical or ParameterKind.Ordinal => ToCoordinate(new ParameterValue(text)),
        ParameterKind.Boolean => bool.TryParse(text, out bool flag) ? ToCoordinate(new ParameterValue(flag)) : null,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? ToCoordinate(new ParameterValue(number)) : null,
    };

    internal static long WholeSteps(double low, double high, double step)
    {
        double quotient = (high - low) / step;
        double rounded = Math.Round(quotient);
        return (long)(Math.Abs(quotient - rounded) < GridTolerance * Math.Max(1, rounded) ? rounded : Math.Floor(quotient));
    }

    private int IndexOf(string label)
    {
        for (int i = 0; i < Choices.Count; i++)
        {
            if (Choices[i] == label)
            {
                return i;
            }
        }

        return -1;
    }

    private static void RequireChoices(ReadOnlySpan<string> choices)
    {
        if (choices.Length is 0 or > MaximumChoices)
        {
            throw new ArgumentException($"A parameter of choices has 1 to {MaximumChoices} choices, got {choices.Length}.", nameof(choices));
        }

        var seen = new HashSet<string>(choices.Length, StringComparer.Ordinal);
        foreach (string choice in choices)
        {
            ArgumentNullException.ThrowIfNull(choice, nameof(choices));
            StoredText.Require(choice, nameof(choices));
            if (!seen.Add(choice))
            {
                throw new ArgumentException($"The choice '{choice}' is given twice; labels must differ.", nameof(choices));
            }
        }
    }

    private static void RequireBounds(double low, double high)
    {
        if (!double.IsFinite(low))
        {
            throw new ArgumentOutOfRangeException(nameof(low), low, "A bound must be finite.");
        }

        if (!double.IsFinite(high) || !double.IsFinite(high - low))
        {
            throw new ArgumentOutOfRangeException(nameof(high), high, "A bound, and the distance between the bounds, must be finite.");
        }

        if (low > high)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The bounds contradict each other: the lower one is {low}, the upper one {high}."), nameof(low));
        }
    }
}

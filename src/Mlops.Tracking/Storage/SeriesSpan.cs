namespace Mlops.Tracking;

/// <summary>A part of a series, from one step and time to another, both of them in it.</summary>
internal readonly record struct SeriesSpan(long FromStep, long FromTime, long ToStep, long ToTime)
{
    /// <summary>
    /// SQL that holds for the chunks that reach into the span; its arguments are <c>@fromStep</c>, <c>@fromTime</c>, <c>@toStep</c> and
    /// <c>@toTime</c>. Of a chunk without times it is enough that its steps do.
    /// </summary>
    public const string Chunks =
        """
        first_step <= @toStep AND last_step >= @fromStep
            AND (first_step < @toStep OR first_time IS NULL OR first_time <= @toTime)
            AND (last_step > @fromStep OR last_time IS NULL OR last_time >= @fromTime)
        """;

    /// <summary>The whole of any series.</summary>
    public static readonly SeriesSpan All = new(long.MinValue, long.MinValue, long.MaxValue, long.MaxValue);

    /// <summary>The part from one point to another.</summary>
    public static SeriesSpan Of(Sample first, Sample last) => new(first.Step, first.Time, last.Step, last.Time);

    /// <summary>Whether a point lies behind the part.</summary>
    public bool EndsBefore(Sample point) => point.Step != ToStep ? point.Step > ToStep : point.Time > ToTime;
}

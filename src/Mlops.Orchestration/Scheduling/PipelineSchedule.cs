using System.Text.Json.Serialization.Metadata;
using Cronos;

namespace Mlops.Orchestration;

/// <summary>When runs of a pipeline start by themselves. Immutable; a <see cref="PipelineScheduler"/> follows it.</summary>
public abstract class PipelineSchedule
{
    private protected PipelineSchedule(string name, string cron, ScheduleOptions? options)
    {
        Options = options ?? new ScheduleOptions();
        if (!GraphDraft.IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name of a schedule: use 1 to 128 of letters, digits, '.', '_' and '-'.", nameof(name));
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(cron);
        if (Options.MisfireGrace < TimeSpan.Zero || Options.MisfireGrace > TimeSpan.FromDays(1) || Options.CatchUp is null
            || !Enum.IsDefined(Options.Overlap) || !Enum.IsDefined(Options.Priority))
        {
            throw new ArgumentException($"Schedule '{name}': a misfire grace of 0 to 1 day, a way to catch up, and an overlap and a priority that exist are needed; got {Options}.", nameof(options));
        }

        Name = name;
        Cron = cron;
        try
        {
            Times = new CronTimes(cron, Options.TimeZone);
        }
        catch (CronFormatException exception)
        {
            throw new ArgumentException($"Schedule '{name}': '{cron}' is no cron expression of five or six fields: {exception.Message}", nameof(cron), exception);
        }
        catch (Exception exception) when (exception is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw new ArgumentException($"Schedule '{name}': this machine knows no time zone '{Options.TimeZone}'; use an IANA id such as Europe/Helsinki.", nameof(options), exception);
        }
    }

    /// <summary>Unique on the database. A schedule that is given another expression, time zone or pipeline begins anew: with what is punctual.</summary>
    public string Name { get; }

    /// <summary>The expression.</summary>
    public string Cron { get; }

    /// <summary>How it reads the clock.</summary>
    public ScheduleOptions Options { get; }

    internal CronTimes Times { get; }

    /// <summary>How far a schedule that was changed looks back: as far as what is due counts as punctual, and at least over a scheduler's sleep.</summary>
    internal TimeSpan Reach => Options.MisfireGrace > PipelineScheduler.LongestSleep ? Options.MisfireGrace : PipelineScheduler.LongestSleep;

    /// <summary>Describes a schedule.</summary>
    /// <param name="name">Unique on the database: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="cron">
    /// Five fields (minute, hour, day of month, month, day of week), or six with seconds first, as Cronos reads them; <c>L</c>, <c>W</c>,
    /// <c>#</c> and <c>@daily</c> work. Day of month and day of week must both hold.
    /// </param>
    /// <param name="parameters">What a run is started with.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A part cannot be used.</exception>
    public static PipelineSchedule For<TDefinition, TParameters>(
        string name, string cron, Func<DataInterval, TParameters> parameters, ScheduleOptions? options = null)
        where TDefinition : IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return new PipelineSchedule<TDefinition, TParameters>(name, cron, parameters, options);
    }

    /// <summary>What would be due after one time and up to another, with what changes of clocks do to it.</summary>
    /// <param name="from">Exclusive.</param>
    /// <param name="to">Inclusive.</param>
    /// <param name="take">The first so many: 1 to 10 000.</param>
    public IReadOnlyList<ScheduledTime> Preview(DateTimeOffset from, DateTimeOffset to, int take = 1_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, CronTimes.MaximumCount);
        List<ScheduledTime> times = [];
        DateTimeOffset before = Times.Previous(from) ?? from;
        for (DateTimeOffset? time = Times.Next(from); time <= to && times.Count < take; time = Times.Next(time.Value))
        {
            times.Add(new ScheduledTime(time.Value, new DataInterval(before, time.Value), Times.IsMoved(time.Value), Times.IsAmbiguous(time.Value)));
            before = time.Value;
        }

        return times;
    }

    /// <summary>What to start now, in order, when everything up to a time has been dealt with.</summary>
    internal List<DateTimeOffset> Due(DateTimeOffset after, DateTimeOffset now)
    {
        DateTimeOffset punctual = (now - Options.MisfireGrace).AddTicks(-1);
        DateTimeOffset oldest = Options.CatchUp.Age is { } age && now - age > after ? now - age : after;
        List<DateTimeOffset> missed = Times.Last(oldest, punctual, Options.CatchUp.Count);
        List<DateTimeOffset> due = Times.Last(after > punctual ? after : punctual, now, CronTimes.MaximumCount);

        // The last one only, and a punctual one is later than any that was missed.
        return Options.CatchUp == CatchUp.LastOnly && due.Count > 0 ? due : [.. missed, .. due];
    }

    internal abstract PipelineGraph GraphIn(Pipelines pipelines);

    internal abstract byte[] Parameters(PipelineGraph graph, DataInterval interval);
}

internal sealed class PipelineSchedule<TDefinition, TParameters>(
    string name, string cron, Func<DataInterval, TParameters> parameters, ScheduleOptions? options)
    : PipelineSchedule(name, cron, options)
    where TDefinition : IPipelineDefinition<TParameters>
{
    internal override PipelineGraph GraphIn(Pipelines pipelines) => pipelines.GetGraph<TDefinition>();

    internal override byte[] Parameters(PipelineGraph graph, DataInterval interval) =>
        StepJson.SerializeParameters(parameters(interval), (JsonTypeInfo<TParameters>)graph.Parameters);
}

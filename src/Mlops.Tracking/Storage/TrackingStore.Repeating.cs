using System.Data.Common;
using System.Runtime.InteropServices;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A point is stored once, however often it is sent and whatever comes with it (<see cref="SampleSet"/>). That it is new is nearly always told by its
/// time, later than any before, or by its place behind the last point of its series; only otherwise is looked for it among what is stored.
/// </summary>
internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, (long Metric, Sample Last)> MapLast =
        static row => (row.GetInt64(0), new Sample(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));

    /// <summary>What the run lacks of a block; to be called under the lock of its tail, so that nobody stores the same points meanwhile.</summary>
    /// <returns>The same block when the run has none of its points; null when it has all.</returns>
    private static (MetricBlock? Block, SeriesTotals[] Totals) LeaveOutStored(SqlSession session, long run, MetricBlock block, SeriesTotals[] totals)
    {
        string keys = new StringBuilder("[").AppendJoin(',', totals.Select(static series => series.Key)).Append(']').ToString();
        Dictionary<long, Sample> last = session.Query(
            $"SELECT metric, last_step, last_time, last_bits FROM tracking_series WHERE run = @run AND metric IN {session.Dialect.IntegersOf("@keys")}",
            MapLast, ("@run", run), ("@keys", keys))
            .ToDictionary(static series => series.Metric, static series => series.Last);
        SortedDictionary<long, List<Sample>> all = [];
        MetricBlock.Decode(block.Payload, all);
        SortedDictionary<long, SoughtPoints> sought = [];
        foreach ((long key, List<Sample> points) in all)
        {
            if (last.TryGetValue(key, out Sample stored) && points[0].CompareTo(stored) <= 0)
            {
                sought.Add(key, SoughtPoints.UpTo(stored, points));
            }
        }

        if (sought.Count > 0)
        {
            LookInBlocks(session, run, sought);
            LookInChunks(session, run, sought);
        }

        return sought.Values.All(static series => series.Found == 0) ? (block, totals) : Encode(all, sought);
    }

    private static void LookInBlocks(SqlSession session, long run, SortedDictionary<long, SoughtPoints> sought)
    {
        Dictionary<long, List<Sample>> read = sought.Keys.ToDictionary(static key => key, static _ => new List<Sample>());
        session.Query(
            """
            SELECT payload FROM tracking_block
            WHERE run = @run AND minimum_metric <= @last AND maximum_metric >= @first
                AND (earliest IS NULL OR earliest <= @latest) AND (latest IS NULL OR latest >= @earliest)
            """,
            row =>
            {
                MetricBlock.DecodeWanted(row.GetFieldValue<byte[]>(0), read);
                foreach ((long key, List<Sample> stored) in read)
                {
                    sought[key].Missing.ExceptWith(stored);
                    stored.Clear();
                }

                return 0;
            },
            ("@run", run), ("@first", sought.Keys.First()), ("@last", sought.Keys.Last()),
            ("@earliest", sought.Values.Min(static series => series.Earliest)), ("@latest", sought.Values.Max(static series => series.Latest)));
    }

    private static void LookInChunks(SqlSession session, long run, SortedDictionary<long, SoughtPoints> sought)
    {
        List<Sample> stored = [];
        foreach ((long key, SoughtPoints series) in sought)
        {
            if (series.Missing.Count == 0)
            {
                continue;
            }

            session.Query(
                $"SELECT payload FROM tracking_chunk WHERE run = @run AND metric = @metric AND {SeriesSpan.Chunks}",
                row =>
                {
                    MetricChunk.Decode(row.GetFieldValue<byte[]>(0), stored);
                    series.Missing.ExceptWith(stored);
                    stored.Clear();
                    return 0;
                },
                ("@run", run), ("@metric", key), ("@fromStep", series.Span.FromStep), ("@fromTime", series.Span.FromTime),
                ("@toStep", series.Span.ToStep), ("@toTime", series.Span.ToTime));
        }
    }

    private static (MetricBlock? Block, SeriesTotals[] Totals) Encode(SortedDictionary<long, List<Sample>> all, SortedDictionary<long, SoughtPoints> sought)
    {
        var writer = new MetricBlock.Writer();
        List<SeriesTotals> totals = [];
        foreach ((long key, List<Sample> points) in all)
        {
            if (sought.TryGetValue(key, out SoughtPoints? series))
            {
                points.RemoveAll(series.IsFound);
            }

            if (points.Count > 0)
            {
                writer.Add(key, CollectionsMarshal.AsSpan(points));
                totals.Add(SeriesTotals.Of(key, CollectionsMarshal.AsSpan(points)));
            }
        }

        return (totals.Count == 0 ? null : writer.ToBlock(), [.. totals]);
    }

    /// <summary>Points of a batch that a series may have already.</summary>
    private sealed record SoughtPoints(SeriesSpan Span, long Earliest, long Latest, HashSet<Sample> All)
    {
        /// <summary>Those that were not found so far.</summary>
        public HashSet<Sample> Missing { get; } = [.. All];

        public int Found => All.Count - Missing.Count;

        /// <param name="last">The last point of the series: what lies behind it is new.</param>
        /// <param name="points">The batch's points of the series in their order, one of them at least not behind.</param>
        public static SoughtPoints UpTo(Sample last, List<Sample> points)
        {
            Sample[] sought = [.. points.TakeWhile(point => point.CompareTo(last) <= 0)];
            return new SoughtPoints(
                SeriesSpan.Of(sought[0], sought[^1]), sought.Min(static point => point.Time), sought.Max(static point => point.Time), [.. sought]);
        }

        public bool IsFound(Sample point) => All.Contains(point) && !Missing.Contains(point);
    }
}

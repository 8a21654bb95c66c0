using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>The filter with its <see cref="StepField"/> replaced by the runs for which they hold.</summary>
    private async ValueTask<Filter?> LookUpAsync(IReadOnlyList<string> experiments, Filter? filter, CancellationToken cancellationToken)
    {
        if (filter is null || !filter.Comparisons.Any(static term => term.Field is StepField))
        {
            return filter;
        }

        Dictionary<(string Key, long Step), Dictionary<long, Sample>> read = [];
        Dictionary<FilterComparison, QueryField> fields = new(ReferenceEqualityComparer.Instance);
        foreach ((QueryField field, FilterComparison comparison) in filter.Comparisons)
        {
            if (field is not StepField at)
            {
                continue;
            }

            if (!read.TryGetValue((at.Key, at.Step), out Dictionary<long, Sample>? values))
            {
                values = await ReadAtStepAsync(experiments, at.Key, at.Step, cancellationToken).ConfigureAwait(false);
                read.Add((at.Key, at.Step), values);
            }

            fields.Add(comparison, FieldOf(values.Where(run => StepField.Holds(run.Value.Value, comparison)).Select(static run => run.Key)));
        }

        return filter.Replace((_, comparison) => fields.GetValueOrDefault(comparison));
    }

    private QueryField FieldOf(IEnumerable<long> runs)
    {
        string list = new StringBuilder("[").AppendJoin(',', runs).Append(']').ToString();
        return new QueryField(QueryValueKind.Number, (sql, _) => sql.Append("r.run IN ").Append(_database.Dialect.IntegersOf(sql.AddArgument(list))));
    }

    /// <summary>The last point that each run has at a step, packed or not, from one snapshot.</summary>
    private async ValueTask<Dictionary<long, Sample>> ReadAtStepAsync(
        IReadOnlyList<string> experiments, string key, long step, CancellationToken cancellationToken)
    {
        Dictionary<long, Sample> found = [];
        if (await FindMetricAsync(key, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return found;
        }

        SqlText sql = new();
        string metricArgument = sql.AddArgument(metric), stepArgument = sql.AddArgument(step);
        AppendParts("CAST(1 AS BIGINT)", $"tracking_chunk x ON x.run = r.run AND x.metric = {metricArgument} AND x.first_step <= {stepArgument} AND x.last_step >= {stepArgument}");
        sql.Append(" UNION ALL ");
        AppendParts("0", $"tracking_block x ON x.run = r.run AND x.minimum_metric <= {metricArgument} AND x.maximum_metric >= {metricArgument}");

        // Decoded row by row: the payloads of all runs together may be more than should be held at once.
        List<Sample> points = [];
        await _database.QueryAsync(
            sql.ToString(),
            row =>
            {
                points.Clear();
                new SeriesPart(row.GetInt64(1) == 1, row.GetFieldValue<byte[]>(2)).Decode(metric, points);
                Keep(row.GetInt64(0), points);
                return 0;
            },
            cancellationToken, sql.Arguments).ConfigureAwait(false);
        return found;

        void AppendParts(string kind, string join)
        {
            sql.Append($"""
                SELECT r.run, {kind}, x.payload
                FROM tracking_run r
                JOIN tracking_series s ON s.run = r.run AND s.metric = {metricArgument} AND s.last_step >= {stepArgument}
                JOIN {join}
                WHERE
                """).Append(" ");
            RunLifecycleSql.AppendScope(sql, experiments);
        }

        void Keep(long run, List<Sample> samples)
        {
            foreach (Sample sample in samples)
            {
                if (sample.Step == step && (!found.TryGetValue(run, out Sample last) || sample.CompareTo(last) > 0))
                {
                    found[run] = sample;
                }
            }
        }
    }
}

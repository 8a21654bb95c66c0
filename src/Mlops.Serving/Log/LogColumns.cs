using System.Globalization;
using System.Runtime.CompilerServices;

namespace Mlops.Serving;

/// <summary>Which columns of a version's rows the log keeps.</summary>
internal sealed class LogColumns(string[] names, int[] places)
{
    public IReadOnlyList<string> Names => names;

    /// <summary>Their places, ascending.</summary>
    public ReadOnlySpan<int> Places => places;

    /// <summary>Names are compared once for each version.</summary>
    internal sealed class Choice(IEnumerable<string> allowed)
    {
        private readonly HashSet<string> _allowed = new(allowed, StringComparer.Ordinal);
        private readonly ConditionalWeakTable<ServedVersion, LogColumns> _known = [];

        public int Count => _allowed.Count;

        public LogColumns? Of(in PredictionRecord record)
        {
            if (record.Features.IsEmpty)
                return null;
            if (!_known.TryGetValue(record.Version, out LogColumns? columns))
                columns = _known.GetValue(record.Version, Find(record.FeatureNames, record.Features.Length));
            return columns.Names.Count == 0 || columns.Places[^1] >= record.Features.Length ? null : columns;
        }

        private ConditionalWeakTable<ServedVersion, LogColumns>.CreateValueCallback Find(IReadOnlyList<string>? names, int columns) => _ =>
        {
            (string Name, int Place)[] found =
            [
                .. Enumerable.Range(0, names is null ? columns : Math.Min(columns, names.Count))
                    .Select(place => (names?[place] ?? place.ToString(CultureInfo.InvariantCulture), place))
                    .Where(column => _allowed.Contains(column.Item1))
                    .DistinctBy(static column => column.Item1),
            ];
            return new LogColumns([.. found.Select(static column => column.Name)], [.. found.Select(static column => column.Place)]);
        };
    }
}

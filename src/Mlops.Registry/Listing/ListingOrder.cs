using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>What a listing is sorted by: keys that are never null and end in a unique one, so that a page begins behind the last row of the one before.</summary>
internal sealed class ListingOrder
{
    private readonly List<(ListingKey Key, bool Descending)> _keys;

    private ListingOrder(List<(ListingKey Key, bool Descending)> keys) => _keys = keys;

    /// <summary>The text behind ORDER BY.</summary>
    public string Sql => string.Join(", ", _keys.Select(static key => key.Descending ? $"{key.Key.Sql} DESC" : key.Key.Sql));

    /// <summary>Reads <c>name, version_number DESC</c>.</summary>
    /// <param name="text">Null for the tie-break alone.</param>
    /// <param name="known">The keys there are, by name.</param>
    /// <param name="last">The keys that break ties, and the order when there is no text.</param>
    /// <param name="parameter">For exceptions.</param>
    /// <exception cref="ArgumentException">A key is unknown, comes twice or has no direction that there is.</exception>
    public static ListingOrder Parse(
        string? text, IReadOnlyDictionary<string, ListingKey> known, (ListingKey Key, bool Descending)[] last, string parameter)
    {
        List<(ListingKey Key, bool Descending)> keys = [];
        foreach (string part in text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool? descending = words.Length switch
            {
                1 => false,
                2 when words[1].Equals("ASC", StringComparison.OrdinalIgnoreCase) => false,
                2 when words[1].Equals("DESC", StringComparison.OrdinalIgnoreCase) => true,
                _ => null,
            };
            if (descending is null || !known.TryGetValue(words[0], out ListingKey? key))
            {
                throw new ArgumentException(
                    $"An order is made of {string.Join(", ", known.Keys)}, each with ASC or DESC, joined by commas; got '{part[..Math.Min(part.Length, 100)]}'.", parameter);
            }

            if (keys.Exists(known => known.Key == key))
            {
                throw new ArgumentException($"The order names {words[0]} twice.", parameter);
            }

            keys.Add((key, descending.Value));
        }

        keys.AddRange(last.Where(end => !keys.Exists(key => key.Key == end.Key)));
        return new ListingOrder(keys);
    }

    /// <summary>The condition for rows behind a position, and its parameters; "1 = 1" for the first page.</summary>
    /// <exception cref="ArgumentException">The text is no position of a listing in this order.</exception>
    public (string Sql, List<(string Name, SqlValue Value)> Arguments) After(string? position, string parameter)
    {
        if (position is null)
        {
            return ("1 = 1", []);
        }

        List<(string Name, SqlValue Value)> arguments = Read(position, parameter);
        var sql = new StringBuilder();
        for (int i = 0; i < _keys.Count; i++)
        {
            (ListingKey key, bool descending) = _keys[i];
            sql.Append(CultureInfo.InvariantCulture, $"({key.Sql} {(descending ? '<' : '>')} {arguments[i].Name}");
            if (i < _keys.Count - 1)
            {
                sql.Append(CultureInfo.InvariantCulture, $" OR ({key.Sql} = {arguments[i].Name} AND ");
            }
        }

        return (sql.Append(')', (_keys.Count * 2) - 1).ToString(), arguments);
    }

    /// <summary>The position behind a row.</summary>
    /// <param name="valueOf">The row's value of a key.</param>
    public string PositionOf(Func<ListingKey, string> valueOf) => RegistryJson.WritePosition([Sql, .. _keys.Select(key => valueOf(key.Key))]);

    private List<(string Name, SqlValue Value)> Read(string position, string parameter)
    {
        if (RegistryJson.TryReadPosition(position, out string[]? parts) && parts.Length == _keys.Count + 1 && parts[0] == Sql)
        {
            List<(string Name, SqlValue Value)> arguments = new(_keys.Count);
            for (int i = 0; i < _keys.Count && arguments.Count == i; i++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"@after{i}");
                if (_keys[i].Key.IsText)
                {
                    arguments.Add((name, parts[i + 1]));
                }
                else if (long.TryParse(parts[i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
                {
                    arguments.Add((name, number));
                }
            }

            if (arguments.Count == _keys.Count)
            {
                return arguments;
            }
        }

        throw new ArgumentException("After is not the Next of a page in this order; pass it back as it came, with the same order.", parameter);
    }
}

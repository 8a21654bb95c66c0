using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What a run <c>r</c> read: a comparison holds when it does for one of its datasets.</summary>
internal static class DatasetField
{
    public static QueryField? Of(string key) => key.ToUpperInvariant() switch
    {
        "NAME" => Any("d.name"),
        "DIGEST" => Any("d.digest"),

        // No context is stored as an empty one, and compares to nothing.
        "CONTEXT" => Any("x.context", "x.context <> '' AND "),
        _ => null,
    };

    private static QueryField Any(string column, string condition = "") => new(
        QueryValueKind.Text,
        (sql, comparison) => sql
            .Append($"EXISTS (SELECT 1 FROM tracking_input x JOIN tracking_dataset d ON d.dataset = x.dataset WHERE x.run = r.run AND {condition}")
            .AppendTexts(column, comparison).Append(QueryField.EndOfLookup));
}

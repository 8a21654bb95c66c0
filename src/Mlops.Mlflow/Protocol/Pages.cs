using System.Globalization;

namespace Mlops.Mlflow;

/// <summary>Pages as clients ask for them, which may be larger than those that are read at once.</summary>
internal static class Pages
{
    private const int LargestRead = 1_000;

    /// <summary>The number of results that a client wants.</summary>
    /// <exception cref="ProtocolException">It is below 1 or above what is allowed.</exception>
    public static int SizeOf(MlflowRequest fields, int maximum, int? usual)
    {
        long wanted = fields.Int64("max_results") ?? usual ?? 0;
        if (wanted < 1)
        {
            throw ProtocolException.Invalid(string.Create(
                CultureInfo.InvariantCulture, $"Invalid value {wanted} for parameter 'max_results' supplied: It must be a positive integer"));
        }

        return wanted <= maximum
            ? (int)wanted
            : throw ProtocolException.Invalid(string.Create(
                CultureInfo.InvariantCulture, $"Invalid value {wanted} for parameter 'max_results' supplied: It must be at most {maximum}, but got value {wanted}"));
    }

    public static string? TokenOf(MlflowRequest fields) => fields.Text("page_token") is { Length: > 0 } token ? token : null;

    /// <summary>Reads pages until so many items are there, or no more.</summary>
    public static async Task<(List<T> Items, string? Next)> ReadAsync<T>(
        int wanted, string? after, Func<int, string?, Task<(IReadOnlyList<T> Items, string? Next)>> readAsync)
    {
        List<T> all = [];
        do
        {
            (IReadOnlyList<T> items, after) = await readAsync(Math.Min(wanted - all.Count, LargestRead), after).ConfigureAwait(false);
            all.AddRange(items);
        }
        while (after is not null && all.Count < wanted);
        return (all, after);
    }
}

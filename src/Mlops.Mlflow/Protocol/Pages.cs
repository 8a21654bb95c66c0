using System.Globalization;
using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>Pages as clients ask for them, which may be larger than those that are read at once.</summary>
internal static class Pages
{
    /// <summary>As many items are read at once at most.</summary>
    public const int LargestRead = 1_000;

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

    /// <summary>Answers with so many items, or as many as there are, and the token of those that follow; each page is sent before the next is read.</summary>
    /// <param name="call">The call, whose fields may have a token.</param>
    /// <param name="name">The name of the list, which is left out when it has no items.</param>
    /// <param name="wanted">The most items.</param>
    /// <param name="readAsync">Reads so many items behind a token.</param>
    /// <param name="write">Writes one.</param>
    public static Task AnswerAsync<T>(
        MlflowCall call, string name, int wanted, Func<int, string?, Task<(IReadOnlyList<T> Items, string? Next)>> readAsync, Action<Utf8JsonWriter, T> write) =>
        call.StreamAsync(async answer =>
        {
            string? next = TokenOf(call.Fields);
            int written = 0;
            do
            {
                (IReadOnlyList<T> items, next) = await readAsync(Math.Min(wanted - written, LargestRead), next).ConfigureAwait(false);
                foreach (T item in items)
                {
                    if (written++ == 0)
                    {
                        answer.Json.WriteStartArray(name);
                    }

                    write(answer.Json, item);
                    await answer.SendIfFullAsync().ConfigureAwait(false);
                }
            }
            while (next is not null && written < wanted);

            if (written > 0)
            {
                answer.Json.WriteEndArray();
            }

            if (next is not null)
            {
                answer.Json.WriteString("next_page_token", next);
            }
        });

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

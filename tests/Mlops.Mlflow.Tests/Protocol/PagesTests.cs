using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>Lists that are longer than what is read at once.</summary>
[TestFixture]
public sealed class PagesTests
{
    [Test]
    public async Task A_long_list_is_read_a_thousand_at_a_time_and_each_page_is_sent_before_the_next_is_read()
    {
        var body = new PartsStream();
        List<(int Take, string? After)> reads = [];
        List<double> sentPages = [];

        await AnswerAsync(body, wanted: 2_500, total: 9_999, onRead: (take, after) =>
        {
            reads.Add((take, after));
            sentPages.Add((double)body.Length / (1_000 * Item(0).Length));
        });

        Assert.That(reads, Is.EqualTo(new[] { (1_000, (string?)null), (1_000, "1000"), (500, "2000") }));
        Assert.That(sentPages[0], Is.Zero);
        Assert.That(sentPages[1], Is.InRange(0.6, 1.1), "but for less than a part");
        Assert.That(sentPages[2], Is.InRange(1.6, 2.1));
        Assert.That(body.LongestPart, Is.LessThan(2 * AnswerStream.PartBytes));
        Assert.That(body.Json.GetProperty("items").EnumerateArray().Select(static item => item.GetString()), Is.EqualTo(Enumerable.Range(0, 2_500).Select(Item)));
        Assert.That(body.Json.GetProperty("next_page_token").GetString(), Is.EqualTo("2500"));
    }

    [TestCase(0, "{}")]
    [TestCase(1, "{\"items\":[\"0\"]}")]
    public async Task A_short_list_has_a_length_and_an_empty_one_no_field(int total, string expected)
    {
        var body = new PartsStream();

        HttpResponse response = await AnswerAsync(body, wanted: 10, total, item: static i => i.ToString(CultureInfo.InvariantCulture));

        Assert.That(body.Text, Is.EqualTo(expected));
        Assert.That((response.ContentLength, response.ContentType), Is.EqualTo(((long?)expected.Length, "application/json")));
    }

    [Test]
    public void Nothing_is_sent_of_a_list_whose_first_page_cannot_be_read()
    {
        var body = new PartsStream();

        Assert.That(
            async () => await AnswerAsync(body, wanted: 10, total: 10, onRead: static (_, _) => throw new InvalidOperationException("away")),
            Throws.InvalidOperationException);
        Assert.That(body.Length, Is.Zero);
    }

    private static string Item(int number) => number.ToString("D200", CultureInfo.InvariantCulture);

    private static async Task<HttpResponse> AnswerAsync(
        PartsStream body, int wanted, int total, Action<int, string?>? onRead = null, Func<int, string>? item = null)
    {
        var http = new DefaultHttpContext { Response = { Body = body } };
        var call = new MlflowCall(http, MlflowRequest.FromQuery(new QueryCollection(new Dictionary<string, StringValues>())), default);
        await Pages.AnswerAsync<int>(
            call,
            "items",
            wanted,
            (take, after) =>
            {
                onRead?.Invoke(take, after);
                int first = after is null ? 0 : int.Parse(after, CultureInfo.InvariantCulture);
                int[] items = [.. Enumerable.Range(first, Math.Min(take, total - first))];
                int next = first + items.Length;
                return Task.FromResult<(IReadOnlyList<int>, string?)>((items, next < total ? next.ToString(CultureInfo.InvariantCulture) : null));
            },
            (writer, number) => writer.WriteStringValue((item ?? Item)(number)));
        return http.Response;
    }
}

namespace Mlops.Webhooks.Tests;

internal sealed class WebhookOptionsTests
{
    private static readonly (string Name, Action<WebhookOptions> Break)[] Broken =
    [
        ("Url", static o => o.Url = null),
        ("Url", static o => o.Url = new Uri("/hook", UriKind.Relative)),
        ("Url", static o => o.Url = new Uri("http://example.org/hook")),
        ("Url", static o => (o.Url, o.AllowHttp) = (new Uri("ftp://example.org/hook"), true)),
        ("Url", static o => o.Url = new Uri("https://name:hidden@example.org/hook")),
        ("Keys", static o => o.Keys.Clear()),
        ("Keys[1]", static o => o.Keys.Add("short")),
        ("Timeout", static o => o.Timeout = TimeSpan.FromMilliseconds(99)),
        ("Timeout", static o => o.Timeout = TimeSpan.FromMinutes(2)),
        ("TotalTimeout", static o => o.TotalTimeout = TimeSpan.FromMilliseconds(99)),
        ("TotalTimeout", static o => o.TotalTimeout = TimeSpan.FromMinutes(61)),
        ("MaximumAttempts", static o => o.MaximumAttempts = 0),
        ("MaximumAttempts", static o => o.MaximumAttempts = 21),
        ("FirstDelay", static o => o.FirstDelay = TimeSpan.Zero),
        ("MaximumDelay", static o => o.MaximumDelay = o.FirstDelay / 2),
        ("MaximumPayloadBytes", static o => o.MaximumPayloadBytes = 0),
    ];

    [Test]
    public void Options_out_of_range_are_refused_by_name([Range(0, 15)] int index)
    {
        WebhookOptions options = Good();
        Broken[index].Break(options);

        Assert.That(Broken, Has.Length.EqualTo(16));
        Assert.That(() => new WebhookSender(options), Throws.InstanceOf<ArgumentException>().With.Message.StartsWith(Broken[index].Name).And.Message.Not.Contain("hidden"));
    }

    [Test]
    public void The_defaults_are_allowed_and_http_where_it_is_asked_for()
    {
        Assert.That(() => Good().Validate(), Throws.Nothing);
        WebhookOptions plain = Good();
        (plain.Url, plain.AllowHttp) = (new Uri("http://localhost:1/hook"), true);
        Assert.That(plain.Validate, Throws.Nothing);
    }

    private static WebhookOptions Good() => new() { Url = new Uri("https://example.org/hook"), Keys = { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } };
}

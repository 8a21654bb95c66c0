using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlops.Webhooks;
using Mlops.Webhooks.Tests;

namespace Mlops.Drift.Tests;

internal sealed class WebhookObserverTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start.AddYears(10));

    [Test]
    public async Task An_alert_arrives_signed_with_the_documented_message()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("204 No Content");
        using WebhookObserver observer = New(target);
        await observer.OnAlertAsync(Alert);

        LoopbackRequest request = target.Requests.Single();
        Assert.That(IsGenuine(request), Is.True);
        Assert.That(request.Headers["webhook-id"], Is.EqualTo("rides/data/v1%2E2/20240301T000000%2E5Z/repeated/3"));
        using JsonDocument json = JsonDocument.Parse(request.Body);
        Assert.That(json.RootElement.ToString(), Is.EqualTo(
            """
            {"type":"drift.alert.repeated","timestamp":"2024-03-01T00:00:00.5Z","data":{"id":"rides/data/v1.2/20240301T000000.5Z","monitor":"rides","modelVersion":"v1.2","kind":"data","change":"repeated","occurrence":3,"severity":"critical","reason":"2 of 5 columns drift","featureCount":2,"features":["Distance","Tip"],"segmentColumns":["Zone","Weekday"],"pValue":0.001,"effect":0.25}}
            """));
    }

    [Test]
    public async Task No_value_of_a_segment_leaves_the_host_and_long_lists_end()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using WebhookObserver observer = New(target);
        await observer.OnAlertAsync(Alert with { Segments = ["Zone = HIDDEN = x", "Zone = ", "Zone: HIDDEN and x"], SegmentColumns = ["Zone"], Features = [.. Enumerable.Range(0, 5_000).Select(static i => $"f{i}")], PValue = null, Effect = double.NaN });

        LoopbackRequest request = target.Requests.Single();
        string text = System.Text.Encoding.UTF8.GetString(request.Body);
        Assert.That(text, Does.Not.Contain("HIDDEN").And.Contain("\"segmentColumns\":[\"Zone\"],\"pValue\":null,\"effect\":null").And.Contain("\"featureCount\":5000").And.Contain("\"f99\"]"));
    }

    [Test]
    public async Task Every_kind_of_alert_has_its_own_word()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using WebhookObserver observer = New(target);
        foreach (AlertKind kind in Enum.GetValues<AlertKind>())
            await observer.OnAlertAsync(Alert with { Kind = kind });

        string[] words = [.. target.Requests.Select(static request => JsonDocument.Parse(request.Body).RootElement.GetProperty("data").GetProperty("kind").GetString()!)];
        Assert.That(words, Is.EqualTo(new[] { "data", "error", "error_change", "group_gap", "estimated_error" }));
    }

    [Test]
    public async Task A_target_that_fails_is_told_again_at_the_next_evaluations_under_the_same_id()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("500 Internal Server Error", "503 Service Unavailable", "200 OK");
        FakeLogger logger = new();
        using WebhookObserver observer = New(target, static o => o.MaximumAttempts = 1);
        using DriftMonitor<Ride> monitor = Monitor(logger, _time, observer);
        for (int step = 0; step < 4; step++)
        {
            await StepAsync(monitor, step);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(target.Requests, Has.Count.EqualTo(3));
        Assert.That(target.Requests.Select(static r => r.Headers["webhook-id"]).Distinct().ToArray(), Has.Length.EqualTo(1));
        Assert.That(target.Requests.Select(IsGenuine), Has.All.True);
        Assert.That(logger.Collector.GetSnapshot().Where(static r => r.Id.Id == 4008).Select(static r => ((WebhookException)r.Exception!).StatusCode),
            Is.EqualTo(new[] { System.Net.HttpStatusCode.InternalServerError, System.Net.HttpStatusCode.ServiceUnavailable }));
        Assert.That(string.Concat(logger.Collector.GetSnapshot().Select(static r => r.Exception?.Message)), Does.Not.Contain("secret"));
    }

    [Test]
    public async Task A_target_is_left_alone_for_as_long_as_it_asks_and_not_told_again_what_it_refused()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("429 Too Many Requests\r\nRetry-After: 7200", "410 Gone", "200 OK");
        FakeLogger logger = new();
        using WebhookObserver observer = New(target);
        using DriftMonitor<Ride> monitor = Monitor(logger, _time, observer);
        await StepAsync(monitor, 0);
        _time.Advance(TimeSpan.FromSeconds(7_199));
        await StepAsync(monitor, 1);
        Assert.That(target.Requests, Has.Count.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await StepAsync(monitor, 2);
        await StepAsync(monitor, 3);

        Assert.That(target.Requests, Has.Count.EqualTo(2));
        Assert.That((monitor.Status.LostAlerts, monitor.Status.HasUndelivered), Is.EqualTo((1L, false)));
    }

    [Test]
    public async Task A_target_that_hangs_neither_holds_up_the_monitor_nor_the_other_observers()
    {
        await using LoopbackTarget target = LoopbackTarget.Hanging();
        FakeLogger logger = new();
        Counting others = new();
        using WebhookObserver observer = New(target, static o => o.TotalTimeout = TimeSpan.FromMilliseconds(150));
        using DriftMonitor<Ride> monitor = Monitor(logger, _time, observer, others);
        await StepAsync(monitor, 0);

        Assert.That((others.Alerts, others.Reports), Is.EqualTo((1, 1)));
        Assert.That(monitor.HasUndelivered, Is.True);
        Assert.That(logger.Collector.GetSnapshot().Single(static r => r.Id.Id == 4008).Exception, Is.InstanceOf<WebhookException>(), "the webhook ends before the monitor gives up");
    }

    [Test]
    public async Task A_hosted_monitor_posts_its_alerts_and_no_other_s_to_the_target_of_its_section()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using IHost host = Build(new()
        {
            ["Mlops:Drift:rides:Webhook:Url"] = target.Url.ToString(),
            ["Mlops:Drift:rides:Webhook:Keys:0"] = Key,
            ["Mlops:Drift:rides:Webhook:AllowHttp"] = "true",
        });
        await host.StartAsync();
        foreach (string name in (string[])["rides", "quiet"])
        {
            DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>(name);
            await StepAsync(monitor, 0);
            Assert.That(monitor.Status.ActiveAlerts, Is.EqualTo(new[] { AlertKind.Data }));
        }

        LoopbackRequest request = target.Requests.Single();
        using JsonDocument json = JsonDocument.Parse(request.Body);
        Assert.That(IsGenuine(request), Is.True);
        Assert.That(json.RootElement.GetProperty("data").GetProperty("monitor").GetString(), Is.EqualTo("rides"));
        await host.StopAsync();
    }

    [Test]
    public async Task Each_target_of_each_monitor_has_a_key_of_its_own()
    {
        const string Team = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
        await using LoopbackTarget first = LoopbackTarget.Answering("200 OK"), second = LoopbackTarget.Answering("200 OK");
        Dictionary<string, string?> settings = [];
        foreach ((string section, LoopbackTarget target, string key) in ((string, LoopbackTarget, string)[])
            [("rides:Webhook", first, Key), ("rides:Webhooks:team", second, Team), ("trips:Webhooks:team", first, Team)])
        {
            settings[$"Mlops:Drift:{section}:Url"] = target.Url.ToString();
            settings[$"Mlops:Drift:{section}:Keys:0"] = key;
            settings[$"Mlops:Drift:{section}:AllowHttp"] = "true";
        }

        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddMlopsDrift()
            .AddMonitor("rides", Ride.Schema, static m => m.Configure(Sensitive).Webhook().Webhook("team").Webhook("team", static o => o.MaximumAttempts = 2).Reference("v1", Reference))
            .AddMonitor("trips", Ride.Schema, static m => m.Configure(Sensitive).Webhook("team").Reference("v1", Reference));
        using IHost host = builder.Build();
        await host.StartAsync();
        foreach (string name in (string[])["rides", "trips"])
            await StepAsync(host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>(name), 0);
        await host.StopAsync();

        Assert.That(first.Requests.Select(static r => (MonitorOf(r), IsGenuine(r), IsGenuine(r, Team))), Is.EqualTo(new[] { ("rides", true, false), ("trips", false, true) }));
        Assert.That(second.Requests.Select(static r => (MonitorOf(r), IsGenuine(r, Team))), Is.EqualTo(new[] { ("rides", true) }));

        static string MonitorOf(LoopbackRequest request)
        {
            using JsonDocument json = JsonDocument.Parse(request.Body);
            return json.RootElement.GetProperty("data").GetProperty("monitor").GetString()!;
        }
    }

    [TestCase("Url", "http://example.org/hook", "must be https")]
    [TestCase("Keys:0", "none", "Keys[0]")]
    [TestCase("TotalTimeout", "00:00:30", "ObserverTimeout")]
    public void A_host_whose_webhook_is_misconfigured_does_not_start(string option, string value, string reason)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Mlops:Drift:rides:Webhook:Url"] = "https://example.org/hook",
            ["Mlops:Drift:rides:Webhook:Keys:0"] = Key,
            [$"Mlops:Drift:rides:Webhook:{option}"] = value,
        };
        using IHost host = Build(settings);

        Assert.That(async () => await host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(reason).And.Message.Contains("'rides'"));
    }

    private static DriftAlert Alert => new()
    {
        Id = "rides/data/v1.2/20240301T000000.5Z",
        Monitor = "rides",
        ModelVersion = "v1.2",
        Kind = AlertKind.Data,
        Change = AlertChange.Repeated,
        Occurrence = 3,
        Severity = AlertSeverity.Critical,
        At = new DateTimeOffset(2024, 3, 1, 2, 0, 0, 500, TimeSpan.FromHours(2)),
        Reason = "2 of 5 columns drift",
        Features = ["Distance", "Tip"],
        Segments = ["Zone = a", "Zone = b", "Weekday = Monday"],
        SegmentColumns = ["Zone", "Weekday"],
        PValue = 0.001,
        Effect = 0.25,
    };

    private static IHost Build(Dictionary<string, string?> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddMlopsDrift()
            .AddMonitor("rides", Ride.Schema, static m => m.Configure(Sensitive).Webhook().Webhook(static o => o.MaximumAttempts = 2).Reference("v1", Reference))
            .AddMonitor("quiet", Ride.Schema, static m => m.Configure(Sensitive).Reference("v1", Reference));
        return builder.Build();
    }

    private static WebhookObserver New(LoopbackTarget target, Action<WebhookOptions>? configure = null)
    {
        WebhookOptions options = new() { Url = target.Url, AllowHttp = true, Keys = { Key } };
        configure?.Invoke(options);
        return new WebhookObserver(options);
    }

    private static void Sensitive(DriftMonitorOptions options) => (options.WindowRows, options.DataAlerts.Confirmations) = (300, 1);

    private static DriftMonitor<Ride> Monitor(FakeLogger logger, TimeProvider time, params IDriftObserver[] observers)
    {
        DriftMonitorOptions options = new();
        Sensitive(options);
        DriftMonitor<Ride> monitor = new("rides", Ride.Schema, options, new DriftMonitorServices { Logger = logger, Observers = observers, TimeProvider = time });
        monitor.Activate("v1", Reference);
        return monitor;
    }

    private static async Task StepAsync(DriftMonitor<Ride> monitor, int step)
    {
        foreach (Ride ride in new Draws(100 + step).Rides(300, shift: 1, Start.AddHours(1_000 * step), $"s{step}-"))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();
    }

    private static bool IsGenuine(LoopbackRequest request) => IsGenuine(request, Key);

    private static bool IsGenuine(LoopbackRequest request, string key) => new WebhookSignature(key).Verify(
        request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"], request.Body, TimeProvider.System.GetUtcNow());

    private sealed class Counting : IDriftObserver
    {
        public int Alerts { get; private set; }

        public int Reports { get; private set; }

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            Alerts++;
            return ValueTask.CompletedTask;
        }

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default)
        {
            Reports++;
            return ValueTask.CompletedTask;
        }
    }
}

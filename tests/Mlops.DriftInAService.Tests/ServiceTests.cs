using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Drift;

namespace Mlops.DriftInAService.Tests;

/// <summary>The sample over HTTP: estimates, outcomes, report, metrics and health, with and without drift.</summary>
[TestFixture]
public sealed class ServiceTests
{
    [Test]
    public async Task A_detour_of_one_country_shows_in_report_metrics_and_health()
    {
        await using WebApplicationFactory<Program> factory = new();
        using HttpClient client = factory.CreateClient();
        Assert.That((await client.GetAsync("/drift")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await client.GetStringAsync("/health"), Is.EqualTo("Healthy"));

        await SendAsync(client, 1_000, detour: 1);
        Assert.That(await VerdictAsync(factory), Is.EqualTo(DriftVerdict.NoDrift).Or.EqualTo(DriftVerdict.Undecided));
        await SendAsync(client, 1_000, detour: 1.8);
        DriftReport drifted = await EvaluateAsync(factory);
        Assert.That(drifted.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(drifted.Segments.Where(static s => s.Verdict == DriftVerdict.Drift).Select(static s => s.Value), Is.EqualTo(new[] { "CH" }));
        Assert.That(drifted.Labels!.Joined, Is.EqualTo(2_000));

        // A second look at new rows confirms the alert.
        await SendAsync(client, 200, detour: 1.8);
        await EvaluateAsync(factory);
        string html = await client.GetStringAsync("/drift"), json = await client.GetStringAsync("/drift.json"), metrics = await client.GetStringAsync("/metrics");
        Assert.That(html, Does.StartWith("<!DOCTYPE html>").And.Contain("Country = CH"));
        Assert.That(DriftReport.FromJson(json).Monitor, Is.EqualTo("deliveries"));
        Assert.That(metrics, Does.Contain("mlops_drift_verdict").And.Contain("mlops_drift_feature=\"Distance\"").And.Contain("mlops_drift_alert"));
        Assert.That(await client.GetStringAsync("/health"), Is.EqualTo("Degraded"));
    }

    [Test]
    public async Task Nonsense_is_an_error_of_the_caller()
    {
        await using WebApplicationFactory<Program> factory = new();
        using HttpClient client = factory.CreateClient();
        using StringContent nonsense = new("{\"weight\": \"heavy\"}", System.Text.Encoding.UTF8, "application/json");
        Assert.That((await client.PostAsync("/deliveries", nonsense)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await client.PostAsJsonAsync("/deliveries/unknown/outcome", new { hours = 3.0 })).StatusCode, Is.EqualTo(HttpStatusCode.Accepted), "an early label waits");
    }

    private static async Task SendAsync(HttpClient client, int orders, double detour)
    {
        Random random = new(orders + (int)(100 * detour));
        string[] countries = ["DE", "DE", "DE", "AT", "CH"];
        for (int i = 0; i < orders; i++)
        {
            string country = countries[random.Next(5)];
            double distance = (50 + (400 * random.NextDouble() * random.NextDouble())) * (country == "CH" ? detour : 1);
            using HttpResponseMessage answer = await client.PostAsJsonAsync("/deliveries", new { weight = 0.5 + (9 * random.NextDouble()), distance, country = random.Next(100) == 0 ? null : country });
            using JsonDocument estimate = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            string id = estimate.RootElement.GetProperty("id").GetString()!;
            double hours = estimate.RootElement.GetProperty("hours").GetDouble() + (2 * (random.NextDouble() - 0.5));
            using HttpResponseMessage learned = await client.PostAsJsonAsync(string.Create(CultureInfo.InvariantCulture, $"/deliveries/{id}/outcome"), new { hours });
            Assert.That(learned.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        }
    }

    private static async Task<DriftVerdict> VerdictAsync(WebApplicationFactory<Program> factory) => (await EvaluateAsync(factory)).Verdict;

    private static Task<DriftReport> EvaluateAsync(WebApplicationFactory<Program> factory) =>
        factory.Services.GetRequiredKeyedService<DriftMonitor>("deliveries").EvaluateAsync();
}

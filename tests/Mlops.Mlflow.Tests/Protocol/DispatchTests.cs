using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>What becomes of failures whose client has gone.</summary>
[TestFixture]
public sealed class DispatchTests
{
    private static readonly TestCaseData[] Departures =
    [
        new(new OperationCanceledException("cancelled")),
        new(new ConnectionResetException("gone")),
        new(new BadHttpRequestException("Unexpected end of request content.")),
    ];

    [TestCaseSource(nameof(Departures))]
    public async Task That_a_client_went_away_is_no_news(Exception exception)
    {
        var logger = new FakeLogger();

        await CallAsync(exception, logger, isGone: true);

        Assert.That(logger.Collector.Count, Is.Zero);
    }

    [Test]
    public async Task What_fails_for_another_reason_is_logged_whether_the_client_is_there_or_not([Values] bool isGone)
    {
        var logger = new FakeLogger();
        var failure = new InvalidOperationException("a fault");

        HttpContext http = await CallAsync(failure, logger, isGone);

        FakeLogRecord entry = logger.Collector.GetSnapshot().Single();
        Assert.That((entry.Id.Id, entry.Exception), Is.EqualTo((8001, (Exception)failure)));
        Assert.That(http.Response.Body.Length > 0, Is.EqualTo(!isGone));
    }

    [Test]
    public async Task A_cancellation_that_is_not_the_clients_is_a_failure_of_the_server()
    {
        var logger = new FakeLogger();

        HttpContext http = await CallAsync(new OperationCanceledException("a timeout of the server's"), logger, isGone: false);

        Assert.That((http.Response.StatusCode, logger.Collector.LatestRecord.Id.Id), Is.EqualTo((500, 8001)));
    }

    private static async Task<HttpContext> CallAsync(Exception exception, FakeLogger logger, bool isGone)
    {
        var http = new DefaultHttpContext
        {
            Connection = { RemoteIpAddress = IPAddress.Loopback, LocalIpAddress = IPAddress.Loopback },
            Request = { Method = "GET", Host = new HostString("localhost") },
            Response = { Body = new MemoryStream() },
        };
        using var gone = new CancellationTokenSource();
        http.RequestAborted = gone.Token;
        var route = new MlflowRoute("GET", "mlflow/experiments/get", _ =>
        {
            if (isGone)
            {
                gone.Cancel();
            }

            throw exception;
        });
        await new MlflowDispatch(new MlflowOptions(), logger).Of(route)(http);
        return http;
    }
}

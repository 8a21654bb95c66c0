using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Mlflow.Tests.Security;

/// <summary>Every endpoint that is mapped, asked from here and from elsewhere.</summary>
[TestFixture]
public sealed class RequestOriginTests
{
    private const int ExpectedEndpoints = 120;

    private string _folder = "";
    private WebApplication _open = null!;
    private IReadOnlyList<RouteEndpoint> _endpoints = [];

    [OneTimeSetUp]
    public void Map()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlflow.db")}");
        builder.Services.AddMlopsMlflow();
        builder.Services.AddAuthorization();
        _open = builder.Build();
        _open.MapMlflowApi();
        _endpoints = Endpoints(_open);
    }

    [OneTimeTearDown]
    public async Task Close()
    {
        await _open.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task No_endpoint_answers_a_remote_address_without_a_policy()
    {
        Assert.That(_endpoints, Has.Count.GreaterThan(ExpectedEndpoints));
        foreach (RouteEndpoint endpoint in _endpoints)
        {
            HttpContext context = Ask(endpoint, connection: static connection => connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7"));
            await endpoint.RequestDelegate!(context);
            Assert.That(context.Response.StatusCode, Is.EqualTo(403), endpoint.DisplayName);
            Assert.That(Error(context), Is.EqualTo("PERMISSION_DENIED"));
        }
    }

    private static readonly TestCaseData[] Strangers =
    [
        Case("no remote address", static (c, _) => c.RemoteIpAddress = null),
        Case("no local address", static (c, _) => c.LocalIpAddress = null),
        Case("a local address that is not loopback", static (c, _) => c.LocalIpAddress = IPAddress.Parse("10.0.0.1")),
        Case("a remote address of IPv6", static (c, _) => c.RemoteIpAddress = IPAddress.Parse("2001:db8::1")),
        Case("a mapped remote address", static (c, _) => c.RemoteIpAddress = IPAddress.Parse("::ffff:192.0.2.7")),
        Case("the host of a rebound name", static (_, r) => r.Host = new HostString("evil.example")),
        Case("a host that only begins so", static (_, r) => r.Host = new HostString("localhost.evil.example")),
        Case("a host of the network", static (_, r) => r.Host = new HostString("192.168.0.2:5000")),
        Case("no host", static (_, r) => r.Host = default),
        Case("Forwarded", static (_, r) => r.Headers["Forwarded"] = "for=1.2.3.4"),
        Case("X-Forwarded-For", static (_, r) => r.Headers["X-Forwarded-For"] = "1.2.3.4"),
        Case("x-forwarded-host", static (_, r) => r.Headers["x-forwarded-host"] = "localhost"),
        Case("X-Original-For", static (_, r) => r.Headers["X-Original-For"] = "1.2.3.4"),
        Case("X-Real-IP", static (_, r) => r.Headers["X-Real-IP"] = "1.2.3.4"),
        Case("a page of another site", static (_, r) => r.Headers["Sec-Fetch-Site"] = "cross-site"),
    ];

    [TestCaseSource(nameof(Strangers))]
    public async Task A_request_that_may_come_from_elsewhere_is_refused(Action<ConnectionInfo, HttpRequest> change)
    {
        RouteEndpoint endpoint = _endpoints.Single(static endpoint => endpoint.RoutePattern.RawText == "/version");
        HttpContext context = Ask(endpoint);
        change(context.Connection, context.Request);

        await endpoint.RequestDelegate!(context);

        Assert.That(context.Response.StatusCode, Is.EqualTo(403));
    }

    [TestCase("127.0.0.1", "localhost")]
    [TestCase("127.0.0.1", "localhost:5000")]
    [TestCase("127.8.8.8", "127.0.0.1:5000")]
    [TestCase("::1", "[::1]:5000")]
    [TestCase("::ffff:127.0.0.1", "LOCALHOST")]
    public async Task A_request_of_this_machine_is_answered(string remote, string host)
    {
        RouteEndpoint endpoint = _endpoints.Single(static endpoint => endpoint.RoutePattern.RawText == "/version");
        HttpContext context = Ask(endpoint, connection: connection => connection.RemoteIpAddress = IPAddress.Parse(remote));
        context.Request.Host = new HostString(host);

        await endpoint.RequestDelegate!(context);

        Assert.That(context.Response.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task A_policy_lets_others_in_and_allowing_everybody_does_not()
    {
        foreach ((Action<IEndpointConventionBuilder> convention, int status) in ((Action<IEndpointConventionBuilder>, int)[])
        [
            (static api => api.RequireAuthorization(), 200),
            (static api => api.RequireAuthorization("somebody"), 200),
            (static api => api.RequireAuthorization(static policy => policy.RequireAuthenticatedUser()), 200),
            (static api => api.AllowAnonymous(), 403),
            (static api => api.RequireAuthorization().AllowAnonymous(), 403),
            (static api => api.WithMetadata(new object()), 403),
        ])
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlflow.db")}");
            builder.Services.AddMlopsMlflow();
            await using WebApplication application = builder.Build();
            convention(application.MapMlflowApi());
            foreach (RouteEndpoint endpoint in Endpoints(application).Where(static endpoint => endpoint.RoutePattern.RawText is "/version" or "/health"))
            {
                HttpContext context = Ask(endpoint, connection: static connection => connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7"));
                await endpoint.RequestDelegate!(context);
                Assert.That(context.Response.StatusCode, Is.EqualTo(status));
            }
        }
    }

    [Test]
    public void Mapping_without_the_services_says_what_to_call()
    {
        WebApplication application = WebApplication.CreateSlimBuilder().Build();

        Assert.That(() => application.MapMlflowApi(), Throws.InvalidOperationException.With.Message.Contains("AddMlopsMlflow"));
    }

    private static TestCaseData Case(string name, Action<ConnectionInfo, HttpRequest> change) => new TestCaseData(change).SetArgDisplayNames(name);

    private static List<RouteEndpoint> Endpoints(IEndpointRouteBuilder application) =>
        [.. application.DataSources.SelectMany(static source => source.Endpoints).Cast<RouteEndpoint>()];

    private static string Error(HttpContext context) =>
        JsonDocument.Parse(((MemoryStream)context.Response.Body).ToArray()).RootElement.GetProperty("error_code").GetString()!;

    private static DefaultHttpContext Ask(RouteEndpoint endpoint, Action<ConnectionInfo>? connection = null)
    {
        var context = new DefaultHttpContext();
        context.SetEndpoint(endpoint);
        context.Request.Method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
        context.Request.Host = new HostString("localhost");
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Connection.LocalIpAddress = IPAddress.Loopback;
        context.Response.Body = new MemoryStream();
        connection?.Invoke(context.Connection);
        return context;
    }
}

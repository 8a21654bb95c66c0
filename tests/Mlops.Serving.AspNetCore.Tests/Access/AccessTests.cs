using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class AccessTests
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    [TestCase(Connection.RemoteHeader, "203.0.113.7")]
    [TestCase(Connection.RemoteHeader, "::ffff:203.0.113.7")]
    [TestCase(Connection.RemoteHeader, Connection.None)]
    [TestCase(Connection.LocalHeader, "192.0.2.1")]
    [TestCase(Connection.LocalHeader, Connection.None)]
    [TestCase("Host", "models.example")]
    [TestCase("Host", "localhost.evil.example")]
    [TestCase("Forwarded", "for=127.0.0.1")]
    [TestCase("X-Forwarded-For", "127.0.0.1")]
    [TestCase("x-forwarded-proto", "https")]
    [TestCase("X-Original-For", "127.0.0.1")]
    [TestCase("X-Real-IP", "127.0.0.1")]
    [TestCase("Via", "1.1 proxy")]
    [TestCase("Sec-Fetch-Site", "cross-site")]
    [TestCase("Sec-Fetch-Site", "same-site")]
    [TestCase("Origin", "https://evil.example")]
    [TestCase("Origin", "http://localhost:3000")]
    [TestCase("Origin", "https://localhost")]
    [TestCase("Origin", "null")]
    public async Task Without_a_policy_only_requests_of_this_machine_are_answered(string header, string value)
    {
        var runtime = new FunctionRuntime();
        await using InferenceHost host = await InferenceHost.StartAsync(runtime);
        int before = runtime.Runs;

        Answer infer = await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer", (header, value));
        Answer read = await SendAsync(host, HttpMethod.Get, "/v2/health/live", (header, value));

        Assert.That((infer.Status, read.Status), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)));
        Assert.That(infer.Error, Does.Contain("RequireAuthorization"));
        Assert.That(runtime.Runs, Is.EqualTo(before));
    }

    [TestCase(Connection.RemoteHeader, "::1")]
    [TestCase(Connection.RemoteHeader, "::ffff:127.0.0.1")]
    [TestCase(Connection.RemoteHeader, "127.8.8.8")]
    [TestCase("Host", "127.0.0.1:8000")]
    [TestCase("Host", "[::1]:8000")]
    [TestCase("Host", "LOCALHOST")]
    [TestCase("Sec-Fetch-Site", "same-origin")]
    [TestCase("Sec-Fetch-Site", "none")]
    [TestCase("Origin", "http://localhost")]
    public async Task Without_a_policy_this_machine_is_answered(string header, string value)
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime());

        Answer answer = await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer", (header, value));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
    }

    [Test]
    public async Task Policies_decide_for_each_kind_of_endpoint()
    {
        await using InferenceHost host = await StartWithUsersAsync(static options =>
        {
            options.InferPolicy = "caller";
            options.ReadPolicy = "watcher";
        });

        HttpStatusCode[] caller =
        [
            (await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer", ("test-user", "caller"), (Connection.RemoteHeader, "203.0.113.7"))).Status,
            (await SendAsync(host, HttpMethod.Get, "/v2", ("test-user", "caller"))).Status,
        ];
        HttpStatusCode[] watcher =
        [
            (await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer", ("test-user", "watcher"))).Status,
            (await SendAsync(host, HttpMethod.Get, "/v2", ("test-user", "watcher"), (Connection.RemoteHeader, "203.0.113.7"))).Status,
        ];
        HttpStatusCode nobody = (await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer")).Status;

        Assert.That(caller, Is.EqualTo(new[] { HttpStatusCode.OK, HttpStatusCode.Forbidden }));
        Assert.That(watcher, Is.EqualTo(new[] { HttpStatusCode.Forbidden, HttpStatusCode.OK }));
        Assert.That(nobody, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_policy_of_the_conventions_opens_every_endpoint()
    {
        await using InferenceHost host = await StartWithUsersAsync(static _ => { }, static api => api.RequireAuthorization("caller"));

        Answer known = await SendAsync(host, HttpMethod.Get, "/v2", ("test-user", "caller"), (Connection.RemoteHeader, "203.0.113.7"));
        Answer unknown = await SendAsync(host, HttpMethod.Get, "/v2", (Connection.RemoteHeader, "203.0.113.7"));

        Assert.That((known.Status, unknown.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Anonymous_access_stays_on_this_machine()
    {
        await using InferenceHost host = await StartWithUsersAsync(static options => options.InferPolicy = "caller", static api => api.AllowAnonymous());

        Answer local = await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer");
        Answer remote = await SendAsync(host, HttpMethod.Post, "/v2/models/m/infer", (Connection.RemoteHeader, "203.0.113.7"));

        Assert.That((local.Status, remote.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
    }

    [Test]
    public async Task Every_endpoint_says_what_it_allows()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime());

        string[] endpoints = [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>().Select(static endpoint =>
            $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {endpoint.RoutePattern.RawText} {endpoint.Metadata.GetMetadata<InferenceAccess>()}")];

        Assert.That(endpoints, Is.EquivalentTo(new[]
        {
            "GET /v2 mlops:read",
            "GET /v2/health/live mlops:read",
            "GET /v2/health/ready mlops:read",
            "GET /v2/models/{model} mlops:read",
            "GET /v2/models/{model}/ready mlops:read",
            "GET /v2/models/{model}/versions/{version} mlops:read",
            "GET /v2/models/{model}/versions/{version}/ready mlops:read",
            "GET /v2/models/stats mlops:read",
            "GET /v2/models/{model}/stats mlops:read",
            "GET /v2/models/{model}/versions/{version}/stats mlops:read",
            "GET /v1/models/{model} mlops:read",
            "GET /v1/models/{model}/metadata mlops:read",
            "GET /v1/models/{model}/versions/{version} mlops:read",
            "GET /v1/models/{model}/versions/{version}/metadata mlops:read",
            "POST /v2/repository/index mlops:read",
            "POST /v2/repository/models/{model}/load mlops:manage",
            "POST /v2/repository/models/{model}/unload mlops:manage",
            "POST /v2/models/{model}/outcomes mlops:outcome",
            "GET /v2/models/{model}/predictions mlops:log",
            "POST /v1/models/{model}:predict mlops:infer",
            "POST /v1/models/{model}/versions/{version}:predict mlops:infer",
            "POST /v2/models/{model}/infer mlops:infer",
            "POST /v2/models/{model}/versions/{version}/infer mlops:infer",
        }));
    }

    [Test]
    public async Task Without_a_policy_every_endpoint_refuses_another_machine()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime());

        foreach (RouteEndpoint endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>())
        {
            string path = endpoint.RoutePattern.RawText!.Replace("{model}", "m", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal);
            var method = new HttpMethod(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]);

            Answer remote = await SendAsync(host, method, path, (Connection.RemoteHeader, "203.0.113.7"));
            Answer local = await SendAsync(host, method, path);

            bool isClosed = endpoint.Metadata.GetMetadata<InferenceAccess>() is { } access && (access == InferenceAccess.Manage || access == InferenceAccess.Log);
            Assert.That(remote.Status, Is.EqualTo(HttpStatusCode.Forbidden), path);
            Assert.That(local.Status == HttpStatusCode.Forbidden, Is.EqualTo(isClosed), path);
        }
    }

    [Test]
    public async Task Anonymous_access_opens_neither_management_nor_the_log()
    {
        await using InferenceHost host = await StartWithUsersAsync(static options => options.LogPolicy = options.ManagePolicy = "caller", static api => api.AllowAnonymous());

        Assert.That((await SendAsync(host, HttpMethod.Get, "/v2/models/m/predictions")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await SendAsync(host, HttpMethod.Post, "/v2/repository/models/m/load")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_policy_for_everything_opens_management_but_not_the_log()
    {
        await using InferenceHost host = await StartWithUsersAsync(static _ => { }, static api => api.RequireAuthorization("caller"));

        Answer manage = await host.Http.SendAnswerAsync(As("caller", HttpMethod.Post, "/v2/repository/models/m/load"));
        Answer log = await host.Http.SendAnswerAsync(As("caller", HttpMethod.Get, "/v2/models/m/predictions"));

        Assert.That((manage.Status, log.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(log.Error, Does.Contain("LogPolicy"));

        static HttpRequestMessage As(string user, HttpMethod method, string path) => new(method, path) { Headers = { { "test-user", user }, { Connection.RemoteHeader, "203.0.113.7" } } };
    }

    [Test]
    public async Task An_endpoint_that_allows_two_things_asks_for_both()
    {
        await using InferenceHost host = await StartWithUsersAsync(static options => options.ReadPolicy = "watcher", use: static application =>
        {
            application.MapGet("/both", static () => "").RequireInferenceAccess(InferenceAccess.Read).RequireInferenceAccess(InferenceAccess.Infer);
            application.MapGet("/managed", static () => "").RequireInferenceAccess(InferenceAccess.Manage).RequireInferenceAccess(InferenceAccess.Read);
        });

        HttpStatusCode here = (await SendAsync(host, HttpMethod.Get, "/both", ("test-user", "watcher"))).Status;
        HttpStatusCode there = (await SendAsync(host, HttpMethod.Get, "/both", ("test-user", "watcher"), (Connection.RemoteHeader, "203.0.113.7"))).Status;
        HttpStatusCode managed = (await SendAsync(host, HttpMethod.Get, "/managed", ("test-user", "watcher"))).Status;

        Assert.That((here, there, managed), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)));
    }

    [Test]
    public void An_endpoint_that_cannot_be_guarded_is_not_mapped()
    {
        using ServiceProvider services = new ServiceCollection().AddMlopsInference().AddLogging().BuildServiceProvider();
        var endpoint = new RouteEndpointBuilder(requestDelegate: null, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/page"), order: 0) { ApplicationServices = services, DisplayName = "a page" };
        var conventions = new Conventions();
        conventions.RequireInferenceAccess(InferenceAccess.Read);

        Assert.That(() => conventions.Added!(endpoint), Throws.InvalidOperationException.With.Message.Contains("'a page'"));
    }

    private sealed class Conventions : IEndpointConventionBuilder
    {
        public Action<EndpointBuilder>? Added { get; private set; }

        public void Add(Action<EndpointBuilder> convention) => Added = convention;
    }

    private static Task<InferenceHost> StartWithUsersAsync(Action<InferenceOptions> options, Action<IEndpointConventionBuilder>? conventions = null, Action<WebApplication>? use = null) => InferenceHost.StartAsync(
        new FunctionRuntime(),
        options,
        build: static builder =>
        {
            builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("test", configureOptions: null);
            builder.Services.AddAuthorizationBuilder()
                .AddPolicy("caller", static policy => policy.RequireAuthenticatedUser().RequireUserName("caller"))
                .AddPolicy("watcher", static policy => policy.RequireAuthenticatedUser().RequireUserName("watcher"));
        },
        use: application =>
        {
            application.UseAuthentication().UseAuthorization();
            use?.Invoke(application);
        },
        conventions: conventions);

    private static Task<Answer> SendAsync(InferenceHost host, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? new StringContent(Body) : null };
        foreach ((string name, string value) in headers)
        {
            if (name == "Host")
                request.Headers.Host = value;
            else
                request.Headers.TryAddWithoutValidation(name, value);
        }

        return host.Http.SendAnswerAsync(request);
    }

    /// <summary>The user is the one that a header names.</summary>
    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["test-user"].ToString() is { Length: > 0 } name
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test")), "test"))
            : AuthenticateResult.NoResult());
    }
}

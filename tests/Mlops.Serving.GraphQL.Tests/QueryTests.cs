using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL.Tests;

internal sealed class QueryTests
{
    private GraphQLHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GraphQLHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Models_tell_what_they_take_and_return()
    {
        JsonElement data = await _host.DataAsync("""
            { live ready model(name: "digits") { name ready version { number platform } versions { number digest inputs { name datatype shape } outputs { name } } } }
            """);

        Assert.That((data.GetProperty("live").GetBoolean(), data.GetProperty("ready").GetBoolean()), Is.EqualTo((true, true)));
        JsonElement model = data.GetProperty("model");
        Assert.That(model.GetProperty("version").ToString(), Is.EqualTo("""{"number":2,"platform":"onnx_onnxv1"}"""));
        Assert.That(model.GetProperty("versions").GetArrayLength(), Is.EqualTo(2));
        Assert.That(model.GetProperty("versions")[0].GetProperty("inputs").ToString(), Is.EqualTo("""[{"name":"input","datatype":"FP32","shape":[-1,64]}]"""));
        Assert.That(model.GetProperty("versions")[0].GetProperty("digest").GetString(), Has.Length.EqualTo(64));
    }

    [Test]
    public async Task A_model_that_is_not_there_is_null()
    {
        JsonElement data = await _host.DataAsync("""query ($name: String!) { model(name: $name) { name } models { name } }""", new { name = "nobody" });

        Assert.That(data.GetProperty("model").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(data.GetProperty("models").EnumerateArray().Select(static model => model.GetProperty("name").GetString()), Is.SupersetOf(new[] { "digits", "simple" }));
    }

    [Test]
    public async Task A_client_may_look_at_the_whole_schema()
    {
        JsonElement data = await _host.DataAsync("""
            query IntrospectionQuery {
              __schema {
                queryType { name } mutationType { name }
                types { ...FullType }
                directives { name args { ...InputValue } }
              }
            }
            fragment FullType on __Type {
              kind name description
              fields(includeDeprecated: true) { name args { ...InputValue } type { ...TypeRef } }
              inputFields { ...InputValue } interfaces { ...TypeRef } enumValues { name } possibleTypes { ...TypeRef }
            }
            fragment InputValue on __InputValue { name type { ...TypeRef } defaultValue }
            fragment TypeRef on __Type {
              kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } }
            }
            """);

        Assert.That(data.GetProperty("__schema").GetProperty("types").EnumerateArray().Select(static type => type.GetProperty("name").GetString()), Is.SupersetOf(new[] { "Model", "TensorInput", "Inference" }));
    }

    [TestCase("{ models {", HttpStatusCode.BadRequest)]
    [TestCase("{ nothing }", HttpStatusCode.BadRequest)]
    [TestCase("mutation { unload }", HttpStatusCode.BadRequest)]
    public async Task What_the_schema_does_not_have_is_refused(string query, HttpStatusCode expected)
    {
        (HttpStatusCode status, JsonElement body) = await _host.PostAsync(query);

        Assert.That(status, Is.EqualTo(expected));
        Assert.That(body.GetProperty("errors").GetArrayLength(), Is.GreaterThan(0));
    }

    [TestCase("[1", "application/json", HttpStatusCode.BadRequest)]
    [TestCase("{}", "application/json", HttpStatusCode.BadRequest)]
    [TestCase("7", "application/json", HttpStatusCode.BadRequest)]
    [TestCase("""{"query":"{ live }"}""", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task What_is_no_request_is_refused(string body, string contentType, HttpStatusCode expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, contentType);

        using HttpResponseMessage answer = await _host.Http.PostAsync("/graphql", content);

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("errors"));
    }

    [Test]
    public async Task What_is_too_deep_too_complex_or_too_long_is_refused()
    {
        await using GraphQLHost host = await GraphQLHost.StartAsync(static options => (options.MaximumDepth, options.MaximumComplexity, options.MaximumRequestBytes) = (4, 3_000, 2_000));

        Assert.That((await host.PostAsync("{ models { version { inputs { name } } } }")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await host.ErrorAsync("{ __schema { types { fields { type { ofType { name } } } } } }")).Message, Does.Contain("nested").Or.Contain("depth").IgnoreCase);
        Assert.That((await host.ErrorAsync("{ models { versions { inputs { name } outputs { name } } } }")).Message, Does.Contain("complex").IgnoreCase);
        Assert.That((await host.PostAsync("{ live } #" + new string('x', 2_000))).Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Without_a_policy_only_this_machine_is_answered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = new StringContent("""{"query":"{ live }"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("test-remote", "yes");

        using HttpResponseMessage answer = await _host.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [TestCase("nobody", "everybody")]
    [TestCase("everybody", "nobody")]
    public async Task Both_policies_must_admit_who_asks(string read, string infer)
    {
        await using GraphQLHost host = await GraphQLHost.StartAsync(build: builder =>
        {
            builder.Services.Configure<InferenceOptions>(options => (options.ReadPolicy, options.InferPolicy) = (read, infer));
            builder.Services.AddAuthentication().AddBearerToken();
            builder.Services.AddAuthorization(static options =>
            {
                options.AddPolicy("nobody", static policy => policy.AddAuthenticationSchemes("BearerToken").RequireAssertion(static _ => false));
                options.AddPolicy("everybody", static policy => policy.RequireAssertion(static _ => true));
            });
        });
        using var content = new StringContent("""{"query":"{ live }"}""", Encoding.UTF8, "application/json");

        using HttpResponseMessage answer = await host.Http.PostAsync("/graphql", content);

        Assert.That(answer.StatusCode, Is.AnyOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden));
    }

    [Test]
    public void The_endpoint_asks_for_the_access_of_both()
    {
        IEnumerable<InferenceAccess> access = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.Single().Metadata.GetOrderedMetadata<InferenceAccess>();

        Assert.That(access, Is.EquivalentTo(new[] { InferenceAccess.Read, InferenceAccess.Infer }));
    }

    [Test]
    public async Task Mapping_without_the_services_says_what_to_call()
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();

        Assert.That(() => app.MapMlopsInferenceGraphQL(), Throws.InvalidOperationException.With.Message.Contains("AddMlopsInferenceGraphQL()"));
    }
}

using System.Text.Json;
using GraphQL;
using GraphQL.Execution;
using GraphQL.SystemTextJson;
using GraphQL.Transport;
using GraphQL.Validation;
using GraphQL.Validation.Complexity;
using GraphQL.Validation.Rules.Custom;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

/// <summary>Answers GraphQL requests. Thread-safe.</summary>
internal sealed class GraphQLEndpoint : IDisposable
{
    private readonly DocumentExecuter _executer = new();
    private readonly GraphQLSerializer _serializer = new();
    private readonly InferenceSchema _schema;
    private readonly GraphQLInferenceOptions _options;
    private readonly IValidationRule[] _rules;
    private readonly ILogger _logger;

    public GraphQLEndpoint(ModelServer server, IOptions<GraphQLInferenceOptions> options, IOptions<InferenceOptions> inference, ILogger<GraphQLEndpoint> logger)
    {
        _options = options.Value;
        _logger = logger;
        _schema = new InferenceSchema(server, _options, inference.Value);
        _rules =
        [
            .. DocumentValidator.CoreRules,
            new ComplexityValidationRule(new ComplexityOptions { MaxDepth = _options.MaximumDepth, MaxComplexity = _options.MaximumComplexity, DefaultListImpactMultiplier = 20 }),
        ];
    }

    public async Task AnswerAsync(HttpContext context)
    {
        GraphQLRequest? request = await ReadAsync(context).ConfigureAwait(false);
        if (request is null)
            return;

        ExecutionResult result = await _executer.ExecuteAsync(new ExecutionOptions
        {
            Schema = _schema,
            Query = request.Query,
            OperationName = request.OperationName,
            Variables = request.Variables,
            ValidationRules = _rules,
            UserContext = new Dictionary<string, object?>(StringComparer.Ordinal),
            UnhandledExceptionDelegate = Unhandled,
            CancellationToken = context.RequestAborted,
        }).ConfigureAwait(false);

        // A request that was not executed is the client's fault; what failed in a field stands beside the data of the others.
        context.Response.StatusCode = result.Executed ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest;
        context.Response.ContentType = "application/json";
        await _serializer.WriteAsync(context.Response.Body, result, context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose() => _schema.Dispose();

    private Task Unhandled(UnhandledExceptionContext failure)
    {
        if (failure.OriginalException is not OperationCanceledException)
            _logger.FieldFailed(failure.OriginalException, failure.FieldContext?.FieldDefinition.Name ?? "");
        failure.ErrorMessage = "The server failed; its log says why.";
        return Task.CompletedTask;
    }

    /// <summary>The request; <c>null</c> when it cannot be read and was answered with the reason.</summary>
    private async Task<GraphQLRequest?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
            return await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "The content type is application/json.").ConfigureAwait(false);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = _options.MaximumRequestBytes;

        using var body = new MemoryStream();
        try
        {
            byte[] buffer = new byte[16 * 1_024];
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > _options.MaximumRequestBytes)
                    return await TooLongAsync(context).ConfigureAwait(false);
                body.Write(buffer, 0, read);
            }

            body.Position = 0;
            GraphQLRequest? request = await _serializer.ReadAsync<GraphQLRequest>(body, context.RequestAborted).ConfigureAwait(false);
            return request is { Query: not null }
                ? request
                : await RefuseAsync(context, StatusCodes.Status400BadRequest, "The request has no query.").ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return await TooLongAsync(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "The request is no JSON object of query, variables and operationName.").ConfigureAwait(false);
        }
    }

    private Task<GraphQLRequest?> TooLongAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"The request has more than {_options.MaximumRequestBytes} bytes; long tensors belong to the other protocols.");

    private async Task<GraphQLRequest?> RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var result = new ExecutionResult { Errors = [new ExecutionError(message)] };
        await _serializer.WriteAsync(context.Response.Body, result, context.RequestAborted).ConfigureAwait(false);
        return null;
    }
}

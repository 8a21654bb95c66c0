using System.Security.Cryptography;
using System.Text;
using Mlops.Orchestration;
using Mlops.Registry;

namespace Mlops;

/// <summary>Steps of pipelines that register models.</summary>
public static class StepModelExtensions
{
    private const string Scheme = "models:/";

    /// <summary>
    /// Registers a version and records it as what the step has made, under the name <c>models:/model/number</c>: once, whatever becomes of the step's attempts.
    /// </summary>
    /// <param name="context">The step's.</param>
    /// <param name="registry">Where the version goes.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="content">Its bytes from where it stands, read twice: a stream that can go back, such as a file.</param>
    /// <param name="options">
    /// What else is said of it, null for nothing. Without an <see cref="RegisterOptions.IdempotencyKey"/> it gets one of step, model and content: attempts that
    /// come to the same bytes register one version. Where training is not repeatable, register from a checkpoint (<see cref="StepContext.MemoAsync"/>).
    /// </param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    /// <exception cref="ArgumentException">The stream cannot go back, or what <see cref="ModelRegistry.RegisterAsync"/> refuses.</exception>
    /// <exception cref="PermanentStepException">The attempt has recorded 1 000 outputs already; nothing is registered.</exception>
    public static Task<ModelVersion> RegisterModelAsync(
        this StepContext context, ModelRegistry registry, string model, Stream content, RegisterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek)
        {
            throw new ArgumentException("The stream cannot go back, and its bytes are read twice; open a file, or copy them into a MemoryStream.", nameof(content));
        }

        return RegisterAsync();

        async Task<ModelVersion> RegisterAsync()
        {
            if (context.RemainingOutputs == 0)
            {
                throw new PermanentStepException(
                    $"Registering a version of '{model}': step '{context.StepKey}' has recorded as many outputs as a step may, so nothing was registered. Register it in a step of its own.");
            }

            long start = content.Position;
            byte[] digest = await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false);
            content.Position = start;
            string key = KeyOf(context, model, digest);
            ModelVersion version = await registry.RegisterAsync(model, content, Named(options, key), cancellationToken).ConfigureAwait(false);
            context.RecordModel(version);
            return version;
        }
    }

    /// <summary>Records a version as what the step has made, under the name <c>models:/model/number</c>; for versions that were registered otherwise.</summary>
    public static void RecordModel(this StepContext context, ModelVersion version)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(version);
        context.RecordOutput(NameOf(version), version.Hash.ToString());
    }

    /// <summary>The model versions that steps have registered, in the order of the trace. From <see cref="Pipelines.TraceForwardAsync"/>: which models came of data.</summary>
    public static IReadOnlyList<ModelReference> GetModels(this LineageTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return [.. trace.Uses.Select(ModelOf).OfType<ModelReference>().Distinct()];
    }

    internal static string NameOf(ModelVersion version) => $"{Scheme}{version.Reference}";

    internal static ModelReference? ModelOf(DataUse use) =>
        use.Data is { IsOutput: true, Kind: StepDataKind.External } data
        && data.Name.StartsWith(Scheme, StringComparison.Ordinal)
        && ModelReference.TryParse(data.Name[Scheme.Length..], out ModelReference reference)
            ? reference
            : null;

    private static string KeyOf(StepContext context, string model, byte[] digest) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{context.IdempotencyKey}/{model}/{Convert.ToHexStringLower(digest)}")));

    private static RegisterOptions Named(RegisterOptions? options, string key) => new()
    {
        RunId = options?.RunId,
        Source = options?.Source,
        Description = options?.Description,
        Tags = options?.Tags,
        Format = options?.Format ?? default,
        Actor = options?.Actor,
        IdempotencyKey = options?.IdempotencyKey ?? key,
    };
}

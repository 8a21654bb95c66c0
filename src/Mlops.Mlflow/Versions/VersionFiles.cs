using System.Text;
using Microsoft.AspNetCore.Http;
using Mlops.Registry;

namespace Mlops.Mlflow;

/// <summary>The files of a registered version, whatever kind it is: a folder has several, other bytes are one file, a reference has none.</summary>
internal sealed class VersionFiles(ModelRegistry registry)
{
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<ModelVersion> GetAsync(string model, int number, CancellationToken cancellationToken) =>
        registry.GetAsync(ModelReference.ToVersion(model, number), cancellationToken);

    public async Task<IReadOnlyList<ModelFile>> ReadAsync(ModelVersion version, CancellationToken cancellationToken) => version.Format switch
    {
        ModelFormat.Folder => await registry.ReadFilesAsync(version, cancellationToken).ConfigureAwait(false),
        ModelFormat.Reference => [],
        _ => [new ModelFile(NameOf(version), version.Hash, version.Length)],
    };

    /// <summary>Where clients load it from: through this server, or, of a version that is only an address, there.</summary>
    public async Task<string> AddressOfAsync(ModelVersion version, CancellationToken cancellationToken) => version.Format == ModelFormat.Reference
        ? Encoding.UTF8.GetString(await registry.ReadAsync(version, cancellationToken).ConfigureAwait(false))
        : ProxyPath.RootOf(version);

    public async Task<IEnumerable<(string Name, long Length)>> ListAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFile> files = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        return files.Select(static file => (file.Name, file.Length));
    }

    public async Task SendAsync(HttpContext context, ModelVersion version, string name)
    {
        if (name.Length == 0)
        {
            throw ProtocolException.Missing("path");
        }

        await FileAnswer.SendAsync(context, name, await OpenAsync(version, name, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private Task<Stream> OpenAsync(ModelVersion version, string name, CancellationToken cancellationToken)
    {
        if (version.Format == ModelFormat.Folder)
        {
            return registry.OpenFileAsync(version, name, cancellationToken);
        }

        return version.Format != ModelFormat.Reference && name == NameOf(version)
            ? registry.OpenAsync(version, cancellationToken)
            : throw ProtocolException.NotFound($"The model version has no file '{name}'.");
    }

    private static string NameOf(ModelVersion version) => version.Format == ModelFormat.Onnx ? "model.onnx" : "model.bin";
}

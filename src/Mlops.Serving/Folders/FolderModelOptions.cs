using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>Options of models that come from a folder: those of the folder, then section <c>Mlops:Serving:</c> and the name.</summary>
internal sealed class FolderModelOptions(IConfiguration? configuration, ModelFolderOptions folder, IEnumerable<ModelRegistration> registrations) : IConfigureNamedOptions<ModelOptions>
{
    public void Configure(ModelOptions options)
    {
    }

    public void Configure(string? name, ModelOptions options)
    {
        if (string.IsNullOrEmpty(name) || registrations.Any(registration => registration.Name == name))
            return;

        options.AllowUnknownOutputSizes = folder.AllowUnknownOutputSizes;
        configuration?.GetSection($"Mlops:Serving:{name}").Bind(options);
    }
}

using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Mlops.Serving.AspNetCore;

namespace Server;

/// <summary>
/// Lets whoever knows the key of the setting <c>Server:ManageKey</c> load and unload models: <c>Authorization: Bearer KEY</c>. A stand-in for the authentication
/// that you have; without the setting, nobody manages anything.
/// </summary>
internal static class ApiKey
{
    public const string Setting = "Server:ManageKey";
    private const string Name = "ManageKey";
    private const int ShortestKey = 16;

    /// <exception cref="StartFailure">The key is too short.</exception>
    public static void AddTo(WebApplicationBuilder builder)
    {
        if (builder.Configuration[Setting] is not { Length: > 0 } key)
        {
            return;
        }

        if (key.Length < ShortestKey)
        {
            throw new StartFailure($"the key of {Setting} has {key.Length} characters. Choose one of at least {ShortestKey}, at random.");
        }

        builder.Services.AddAuthentication().AddScheme<ApiKeyOptions, ApiKeyHandler>(Name, options => options.Hash = HashOf(key));
        builder.Services.AddAuthorizationBuilder().AddPolicy(Name, static policy => policy.AddAuthenticationSchemes(Name).RequireAuthenticatedUser());
        builder.Services.Configure<InferenceOptions>(static options => options.ManagePolicy ??= Name);
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private sealed class ApiKeyOptions : AuthenticationSchemeOptions
    {
        public byte[] Hash { get; set; } = [];
    }

    private sealed class ApiKeyHandler(IOptionsMonitor<ApiKeyOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<ApiKeyOptions>(options, logger, encoder)
    {
        private const string Bearer = "Bearer ";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            // Hashes have one length and are compared in one time, whatever was sent.
            return Task.FromResult(CryptographicOperations.FixedTimeEquals(HashOf(header[Bearer.Length..].Trim()), Options.Hash)
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "manager")], Name)), Name))
                : AuthenticateResult.Fail("The key is another one."));
        }
    }
}

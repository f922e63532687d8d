using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;

namespace Rescind;

/// <summary>The numbers of a public key, and the algorithms that go with them (RFC 7518 sections 3 and 6). Immutable.</summary>
internal abstract class KeyNumbers
{
    /// <summary>The members of a JWK that only its owner may know (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).</summary>
    public static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>
    /// The numbers of a JWK; null if its <c>kty</c> is neither EC nor RSA, or if they are none of a sound key (BCP-9).
    /// </summary>
    public static KeyNumbers? Read(ClaimTable jwk) => jwk.Text("kty") switch
    {
        "EC" => EcNumbers.Read(jwk),
        "RSA" => RsaNumbers.Read(jwk),
        _ => null,
    };

    /// <summary>Whether the algorithm is one for keys of this type and curve.</summary>
    public abstract bool Fits(string algorithm);

    /// <summary>The required members as JSON, in the order of RFC 7638 section 3.2, without braces.</summary>
    public abstract string RequiredMembers();

    /// <summary>Whether the key has signed <paramref name="input"/> with an algorithm that fits.</summary>
    public abstract bool Verifies(byte[] input, byte[] signature, string algorithm);

    /// <summary>
    /// The bytes of a base64url member; null if it is anything else. Padding, which some issuers write, is overlooked.
    /// </summary>
    protected static byte[]? Bytes(ClaimTable jwk, string name)
    {
        var text = jwk.Text(name).AsSpan().TrimEnd('=');
        var bytes = new byte[StrictBase64Url.DecodedLength(text.Length)];
        return bytes.Length > 0 && StrictBase64Url.TryDecode(text, bytes, out _) ? bytes : null;
    }

    protected static HashAlgorithmName HashOf(string algorithm) => algorithm[^3..] switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private sealed class EcNumbers(ECParameters parameters, string curve, string algorithm) : KeyNumbers
    {
        public static new EcNumbers? Read(ClaimTable jwk)
        {
            var (curve, algorithm, length) = jwk.Text("crv") switch
            {
                "P-256" => (ECCurve.NamedCurves.nistP256, "ES256", 32),
                "P-384" => (ECCurve.NamedCurves.nistP384, "ES384", 48),
                "P-521" => (ECCurve.NamedCurves.nistP521, "ES512", 66),
                _ => default,
            };
            var (x, y) = (Bytes(jwk, "x"), Bytes(jwk, "y"));
            if (algorithm is null || x?.Length != length || y?.Length != length)
            {
                return null;
            }

            var parameters = new ECParameters { Curve = curve, Q = new() { X = x, Y = y } };
            return IsPoint(parameters) ? new(parameters, jwk.Text("crv")!, algorithm) : null;
        }

        public override bool Fits(string other) => other == algorithm;

        public override string RequiredMembers() =>
            $"\"crv\":\"{curve}\",\"kty\":\"EC\",\"x\":\"{Base64Url.EncodeToString(parameters.Q.X)}\","
            + $"\"y\":\"{Base64Url.EncodeToString(parameters.Q.Y)}\"";

        // r and s, each as long as the curve, never DER (JWS-6).
        public override bool Verifies(byte[] input, byte[] signature, string algorithm)
        {
            using var key = ECDsa.Create(parameters);
            return signature.Length == parameters.Q.X!.Length * 2
                && key.VerifyData(input, signature, HashOf(algorithm), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        private static bool IsPoint(ECParameters parameters)
        {
            try
            {
                using var _ = ECDsa.Create(parameters);
                return true;
            }
            catch (CryptographicException)
            {
                return false;
            }
        }
    }

    private sealed class RsaNumbers(RSAParameters parameters) : KeyNumbers
    {
        // RFC 7518 section 3.3; above the largest, OpenSSL verifies nothing.
        private const int SmallestBits = 2048;
        private const int LargestBits = 16384;
        private const int LargestExponentBytes = 8;

        public static new RsaNumbers? Read(ClaimTable jwk)
        {
            // Some issuers write a leading zero (RFC 7518 section 6.3.1.1): one key has one thumbprint all the same.
            var modulus = Bytes(jwk, "n").AsSpan().TrimStart((byte)0);
            var exponent = Bytes(jwk, "e").AsSpan().TrimStart((byte)0);
            return IsSound(modulus, exponent) ? new(new() { Modulus = modulus.ToArray(), Exponent = exponent.ToArray() }) : null;
        }

        public override bool Fits(string algorithm) =>
            algorithm is "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512";

        public override string RequiredMembers() =>
            $"\"e\":\"{Base64Url.EncodeToString(parameters.Exponent)}\",\"kty\":\"RSA\","
            + $"\"n\":\"{Base64Url.EncodeToString(parameters.Modulus)}\"";

        public override bool Verifies(byte[] input, byte[] signature, string algorithm)
        {
            using var key = RSA.Create(parameters);
            var padding = algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
            return key.VerifyData(input, signature, HashOf(algorithm), padding);
        }

        // By an exponent of 1 everybody signs; an even number is of no key.
        private static bool IsSound(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent) =>
            !modulus.IsEmpty && !exponent.IsEmpty
            && (modulus.Length * 8) - BitOperations.LeadingZeroCount((uint)modulus[0]) + 24 is >= SmallestBits and <= LargestBits
            && exponent.Length <= LargestExponentBytes && (modulus[^1] & exponent[^1] & 1) == 1 && exponent is not [1];
    }
}

package store.edge;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.io.Resource;
import org.springframework.security.converter.RsaKeyConverters;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;

/** Customers without an account. Only a signed token (RS256, RFC 7519) identifies them, so no guest list is kept. */
final class Guests {

    /**
     * A customer and the token that identifies it.
     *
     * @param customerId UUIDv7, the token's subject
     */
    record Guest(String customerId, String token) {}

    private final EdgeSettings settings;
    private final Clock clock;
    private final NoArgGenerator ids = Generators.timeBasedEpochGenerator();
    private final JwtEncoder encoder;
    private final JwtDecoder valid;
    private final JwtDecoder renewable;

    /** @throws JwtException if the two keys are not a pair */
    Guests(EdgeSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        var publicKey = read(settings.guestPublicKey(), RsaKeyConverters.x509());
        this.encoder = NimbusJwtEncoder.withKeyPair(
                        publicKey, read(settings.guestPrivateKey(), RsaKeyConverters.pkcs8()))
                .build();
        this.valid = decoder(publicKey, Duration.ZERO);
        this.renewable = decoder(publicKey, settings.guestRenewalWindow());
        verify(admit().token()); // rather do not start than issue tokens that cannot be verified
    }

    /** Makes a new customer. */
    Guest admit() {
        return sign(ids.generate().toString());
    }

    /**
     * Issues a fresh token for the customer of {@code token}.
     *
     * @throws JwtException if the token is not ours, or expired longer ago than the renewal window
     */
    Guest renew(String token) {
        var customerId = renewable.decode(token).getSubject();
        if (customerId == null) {
            throw new BadJwtException("the token has no subject");
        }
        return sign(customerId);
    }

    /** @throws JwtException if the token is not ours or has expired */
    Jwt verify(String token) {
        return valid.decode(token);
    }

    private Guest sign(String customerId) {
        var now = clock.instant();
        var claims = JwtClaimsSet.builder()
                .issuer(settings.guestIssuer())
                .subject(customerId)
                .issuedAt(now)
                .expiresAt(now.plus(settings.guestTokenLifetime()))
                .build();
        return new Guest(
                customerId, encoder.encode(JwtEncoderParameters.from(claims)).getTokenValue());
    }

    private JwtDecoder decoder(RSAPublicKey key, Duration grace) {
        var timestamps = new JwtTimestampValidator(grace);
        timestamps.setClock(clock);
        timestamps.setAllowEmptyExpiryClaim(false);
        var decoder = NimbusJwtDecoder.withPublicKey(key)
                .signatureAlgorithm(SignatureAlgorithm.RS256)
                .build();
        decoder.setJwtValidator(
                new DelegatingOAuth2TokenValidator<>(timestamps, new JwtIssuerValidator(settings.guestIssuer())));
        return decoder;
    }

    private static <K> K read(Resource pem, Converter<InputStream, K> converter) {
        try (var in = pem.getInputStream()) {
            return converter.convert(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

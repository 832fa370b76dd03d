# Compress 8x8 digits to eight numbers and back.
import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

CODE_SIZE = 8
EPOCHS = 30

images = load_digits().data.astype("float32")
x_train, x_test = train_test_split(images, test_size=0.2, random_state=0)

encoder_input = keras.Input(shape=(64,), name="image")
h = layers.Dense(48, activation="relu")(encoder_input)
code = layers.Dense(CODE_SIZE, activation="relu", name="code")(h)
encoder = keras.Model(encoder_input, code, name="encoder")

decoder_input = keras.Input(shape=(CODE_SIZE,))
h = layers.Dense(48, activation="relu")(decoder_input)
decoded = layers.Dense(64, activation="sigmoid", name="pixels")(h)
decoder = keras.Model(decoder_input, decoded, name="decoder")

autoencoder = keras.Model(encoder_input, decoder(encoder(encoder_input)))
autoencoder.compile(optimizer="adam", loss="mse")

autoencoder.fit(x_train, x_train, epochs=EPOCHS, batch_size=64, shuffle=True,
                validation_data=(x_test, x_test), verbose=0)

error = autoencoder.evaluate(x_test, x_test, verbose=0)
print("reconstruction error", round(error, 2), "of variance", round(float(x_test.var()), 2))
